//! Plays back the server's side of a recording to connecting clients.
//!
//! Each server message is sent once all client messages recorded before it have arrived, with the
//! recorded delay. Client audio is not awaited. Client messages that differ from the recording are
//! logged as protocol violations.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use parlor_common::clock;
use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message};

use super::log::{Entry, LogWriter};
use super::recording::{From, Line, What};
use super::shared::Shared;
use super::wire::{Flow, Wire};

/// Maximum number of client messages that arrive before their turn.
const MOST_EARLY: usize = 256;

/// Plays back one session.
pub(super) async fn serve(wire: Wire, lines: VecDeque<Line>, shared: &Shared) -> Flow {
    if lines.is_empty() {
        note_deviation(&shared.log_writer, "a session that was not recorded");
    }
    let mut stop = shared.stop.clone();
    let mut player = Player {
        wire,
        lines,
        came: VecDeque::new(),
        last: (Instant::now(), 0),
        log_writer: shared.log_writer.clone(),
    };
    loop {
        player.match_client();
        let due = player.due().map(Instant::into_std);
        tokio::select! {
            frame = player.wire.next() => player.on_frame(frame)?,
            () = clock::at(due) => player.play().await?,
            _ = stop.changed() => return ControlFlow::Break("the simulator stopped"),
        }
    }
}

struct Player {
    wire: Wire,
    /// Lines still to be played or matched.
    lines: VecDeque<Line>,
    /// Types of client messages that arrived but are not matched yet.
    came: VecDeque<String>,
    /// When the last line was played or matched, and its time in the recording.
    last: (Instant, u64),
    log_writer: LogWriter,
}

impl Player {
    /// When the next server message is due; `None` while waiting for the client.
    fn due(&self) -> Option<Instant> {
        let next = self
            .lines
            .front()
            .filter(|line| line.from == From::Server)?;
        let wait = next.ms.saturating_sub(self.last.1);
        Some(self.last.0 + Duration::from_millis(wait))
    }

    /// Matches client messages with the recording.
    fn match_client(&mut self) {
        while let Some(line) = self.lines.front().filter(|line| line.from == From::Client) {
            let Some(came) = self.came.pop_front() else {
                return;
            };
            let wanted = line.what.kind().unwrap_or_default();
            if came == wanted {
                self.last = (Instant::now(), line.ms);
                self.lines.pop_front();
            } else {
                note_deviation(&self.log_writer, &format!("{came} instead of {wanted}"));
            }
        }
    }

    fn on_frame(&mut self, frame: Option<tungstenite::Result<Message>>) -> Flow {
        match frame {
            Some(Ok(Message::Text(text))) => {
                let message: Value = serde_json::from_str(&text).unwrap_or_default();
                let kind = message["type"].as_str().unwrap_or_default();
                if kind == "input.audio" {
                    return ControlFlow::Continue(());
                }
                self.log_writer.note(Entry::Received(kind.to_owned()));
                if self.lines.is_empty() || self.came.len() >= MOST_EARLY {
                    note_deviation(
                        &self.log_writer,
                        &format!("{kind} after the recording's end"),
                    );
                } else {
                    self.came.push_back(kind.to_owned());
                }
                ControlFlow::Continue(())
            }
            Some(Ok(Message::Close(_))) | None => {
                ControlFlow::Break("the client closed the connection")
            }
            Some(Ok(_)) => ControlFlow::Continue(()),
            Some(Err(_)) => ControlFlow::Break("the client disconnected"),
        }
    }

    /// Sends the next server message.
    async fn play(&mut self) -> Flow {
        let Some(line) = self.lines.pop_front() else {
            return ControlFlow::Continue(());
        };
        self.last = (Instant::now(), line.ms);
        match line.what {
            What::Message(message) => self.wire.put(message.to_string()).await,
            What::Text(text) => self.wire.put(text).await,
            What::Close(code) => self.wire.close(code, "").await,
            What::Cut(_) => self.wire.cut().await,
        }
    }
}

fn note_deviation(log_writer: &LogWriter, what: &str) {
    log_writer.note(Entry::Violation(format!("not as recorded: {what}")));
}
