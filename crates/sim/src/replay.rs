//! Plays back the server's side of a recording to connecting clients.
//!
//! Each server message is sent once all client messages recorded before it have arrived, with the
//! recorded delay. Client audio is not awaited. Client messages that differ from the recording are
//! logged as protocol violations.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parlor_common::clock;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use super::Shared;
use super::log::{Entry, LogWriter};
use super::record::{From, LONGEST, Line, What};
use super::session::Flow;

/// Timeout for a client to receive one message.
const CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// Maximum number of client messages that arrive before their turn.
const MOST_EARLY: usize = 256;

/// A recording made by the simulator; clones share it.
#[derive(Debug, Clone)]
pub struct Recording(Arc<BTreeMap<u64, Vec<Line>>>);

/// Why a recording could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{}: {error}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        error: std::io::Error,
    },
    /// A line is invalid.
    #[error("line {line} is not a valid line of a recording")]
    Line {
        /// Line number, from 1.
        line: usize,
    },
}

impl Recording {
    /// Reads a recording from a file of at most 1 GiB.
    ///
    /// # Errors
    /// If the file cannot be read, and as for [`Recording::parse`].
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let failed = |error| RecordingError::Read {
            path: path.to_owned(),
            error,
        };
        if std::fs::metadata(path).map_err(failed)?.len() > LONGEST {
            return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(failed)?)
    }

    /// Parses a recording.
    ///
    /// # Errors
    /// If a line is invalid.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut sessions = BTreeMap::<_, Vec<_>>::new();
        for (number, line) in text.lines().enumerate() {
            let wrong = |_| RecordingError::Line { line: number + 1 };
            let line: Line = serde_json::from_str(line).map_err(wrong)?;
            sessions.entry(line.session).or_default().push(line);
        }
        Ok(Self(Arc::new(sessions)))
    }

    /// The lines of one session, without the client's audio.
    pub(super) fn session(&self, number: u64) -> VecDeque<Line> {
        let lines = self.0.get(&number).into_iter().flatten();
        let is_audio = |line: &&Line| kind(&line.what) == Some("input.audio");
        lines.filter(|line| !is_audio(line)).cloned().collect()
    }
}

/// Plays back one session.
pub(super) async fn serve(
    socket: WebSocketStream<TcpStream>,
    lines: VecDeque<Line>,
    shared: &Shared,
) -> Flow {
    if lines.is_empty() {
        note_deviation(&shared.log_writer, "a session that was not recorded");
    }
    let mut stop = shared.stop.clone();
    let mut player = Player {
        socket,
        lines,
        came: VecDeque::new(),
        last: (Instant::now(), 0),
        log_writer: shared.log_writer.clone(),
    };
    loop {
        player.match_client();
        let due = player.due().map(Instant::into_std);
        tokio::select! {
            frame = player.socket.next() => player.on_frame(frame)?,
            () = clock::at(due) => player.play().await?,
            _ = stop.changed() => return ControlFlow::Break("the simulator stopped"),
        }
    }
}

struct Player {
    socket: WebSocketStream<TcpStream>,
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
            let wanted = kind(&line.what).unwrap_or_default();
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
        let sending = match line.what {
            What::Message(message) => self.socket.send(Message::text(message.to_string())),
            What::Text(text) => self.socket.send(Message::text(text)),
            What::Cut(_) => return ControlFlow::Break("cut"),
            What::Close(code) => {
                let code = CloseCode::from(code);
                let reason = "".into();
                let closing = self.socket.close(Some(CloseFrame { code, reason }));
                return match timeout(CLIENT_WITHIN, closing).await {
                    Ok(Ok(())) => ControlFlow::Break("closed"),
                    _ => ControlFlow::Break("the client disconnected"),
                };
            }
        };
        match timeout(CLIENT_WITHIN, sending).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break("the client disconnected"),
        }
    }
}

/// The type of a message.
fn kind(what: &What) -> Option<&str> {
    match what {
        What::Message(message) => message["type"].as_str(),
        What::Text(_) | What::Close(_) | What::Cut(_) => None,
    }
}

fn note_deviation(log_writer: &LogWriter, what: &str) {
    log_writer.note(Entry::Violation(format!("not as recorded: {what}")));
}
