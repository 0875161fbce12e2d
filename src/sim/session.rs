//! One WebSocket: a voice session from the first update to the last word.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{self, Message};

use super::handshake::Credential;
use super::hearing::Ear;
use super::kept::{Hold, Kept};
use super::log::{Entry, Pen};
use super::refuse::Refusal;
use super::speaking::{Mouth, Said};
use super::voice::Speech;
use super::{Fault, Options, Shared, messages, validate};
use crate::clock;

/// How long a client may take to take one message.
const CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// Goes on, or breaks with how the connection ended.
pub(super) type Flow = ControlFlow<&'static str>;

/// A voice session and its socket.
pub(super) struct Session {
    socket: WebSocketStream<TcpStream>,
    pub(super) options: Arc<Options>,
    pub(super) pen: Pen,
    pub(super) kept: Kept,
    pub(super) credential: Credential,
    pub(super) id: String,
    /// What was asked for, updates included; null before the first.
    pub(super) asked: Value,
    pub(super) opened: Instant,
    pub(super) ready_at: Option<Instant>,
    /// From ready to the end.
    pub(super) hold: Option<Hold>,
    pub(super) ready: Option<Instant>,
    pub(super) samples: u64,
    pub(super) ear: Ear,
    pub(super) turn: String,
    pub(super) deltas: usize,
    pub(super) mouth: Mouth,
    pub(super) next_answer: usize,
    heard_text: bool,
    heard_audio: bool,
}

impl Session {
    pub(super) fn new(
        socket: WebSocketStream<TcpStream>,
        shared: Shared,
        credential: Credential,
    ) -> Self {
        let Shared { options, pen, kept } = shared;
        let end_of_turn = samples_in(options.end_of_turn);
        Self {
            socket,
            mouth: Mouth::new(&options),
            options,
            pen,
            kept,
            credential,
            id: messages::id("sess"),
            asked: Value::Null,
            opened: Instant::now(),
            ready_at: None,
            hold: None,
            ready: None,
            samples: 0,
            ear: Ear::new(end_of_turn),
            turn: String::new(),
            deltas: 0,
            next_answer: 0,
            heard_text: false,
            heard_audio: false,
        }
    }

    /// Talks until the connection ends.
    pub(super) async fn run(&mut self, stop: &mut watch::Receiver<bool>) -> Flow {
        loop {
            let due = [
                self.ready_at,
                self.mouth.due(),
                self.doom().map(|doom| doom.0),
            ];
            let due = due.into_iter().flatten().min().map(Instant::into_std);
            tokio::select! {
                message = self.socket.next() => self.on_frame(message).await?,
                () = clock::at(due) => self.on_due(stop).await?,
                () = taken(self.hold.as_ref()) => return ControlFlow::Break("taken over"),
                _ = stop.changed() => {
                    self.end().await?;
                    return ControlFlow::Break("the simulator stopped");
                }
            }
        }
    }

    async fn on_frame(&mut self, frame: Option<tungstenite::Result<Message>>) -> Flow {
        match frame {
            Some(Ok(Message::Text(text))) => self.on_text(&text).await,
            Some(Ok(Message::Binary(_))) => {
                let refusal = Refusal::new("invalid_format", "binary frames are not taken");
                self.violated(&refusal).await
            }
            Some(Ok(Message::Close(_))) | None => ControlFlow::Break("the client closed"),
            Some(Ok(_)) => ControlFlow::Continue(()),
            Some(Err(_)) => ControlFlow::Break("the client went away"),
        }
    }

    async fn on_text(&mut self, text: &str) -> Flow {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        let kind = message["type"].as_str();
        let first = !std::mem::replace(&mut self.heard_text, true);
        // A connection outlives its first message only if its credential was good for it.
        if first && self.credential != Credential::Key && kind != Some("session.resume") {
            return self.refuse_and_close(&Refusal::unauthorized()).await;
        }
        let Some(kind) = kind else {
            let refusal = Refusal::new("invalid_format", "a message must be an object with a type");
            return self.violated(&refusal).await;
        };
        if kind != "input.audio" || !std::mem::replace(&mut self.heard_audio, true) {
            self.pen.note(Entry::Received(kind.to_owned()));
        }
        match kind {
            "session.update" => self.on_update(&message).await,
            "session.end" => {
                self.end().await?;
                ControlFlow::Break("session.end")
            }
            "session.resume" => self.on_resume(&message, first).await,
            kind if self.ready.is_none() => {
                let refusal =
                    Refusal::new("invalid_format", format!("{kind} before session.ready"));
                self.violated(&refusal).await
            }
            "input.audio" => self.on_audio(&message).await,
            kind => match validate::command(kind, &message) {
                Ok(()) => self.on_command(kind, &message).await,
                Err(refusal) => self.violated(&refusal).await,
            },
        }
    }

    /// Something planned is due: the session is ready, the next audio, or its doom.
    async fn on_due(&mut self, stop: &mut watch::Receiver<bool>) -> Flow {
        let now = Instant::now();
        if self.ready_at.is_some_and(|at| at <= now) {
            return self.begin().await;
        }
        if let Some((at, doom)) = self.doom()
            && at <= now
        {
            return self.meet(doom, stop).await;
        }
        self.speak(now).await
    }

    async fn on_command(&mut self, kind: &str, message: &Value) -> Flow {
        match kind {
            "reply.create" if !self.mouth.is_speaking() => {
                let speech = self.answer(&[], "");
                self.say(speech).await
            }
            "reply.cancel" => {
                let reply = message["reply_id"].as_str().unwrap_or_default();
                match self.mouth.cancel(reply) {
                    Some(done) => self.send(done).await,
                    None => ControlFlow::Continue(()),
                }
            }
            _ => ControlFlow::Continue(()),
        }
    }

    pub(super) async fn say(&mut self, speech: Speech) -> Flow {
        let started = self.mouth.start(Instant::now(), speech);
        self.send(started).await?;
        self.speak(Instant::now()).await
    }

    /// Sends all of the reply that is due.
    async fn speak(&mut self, now: Instant) -> Flow {
        while let Some(said) = self.mouth.next(now) {
            match said {
                Said::Message(message) => self.send(message).await?,
                Said::All => self.pen.note(Entry::Replied),
            }
        }
        ControlFlow::Continue(())
    }

    async fn end(&mut self) -> Flow {
        if let Some(hold) = self.hold.take() {
            hold.end();
        }
        let seconds = self.opened.elapsed().as_secs_f64();
        self.send(messages::ended(seconds)).await?;
        match self.close(CloseCode::Normal, "").await {
            ControlFlow::Break(_) | ControlFlow::Continue(()) => ControlFlow::Continue(()),
        }
    }

    pub(super) async fn close(&mut self, code: CloseCode, reason: &'static str) -> Flow {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let closing = self.socket.close(Some(frame));
        match timeout(CLIENT_WITHIN, closing).await {
            Ok(Ok(())) => ControlFlow::Break("closed"),
            _ => ControlFlow::Break("the client went away"),
        }
    }

    pub(super) async fn send(&mut self, mut message: Value) -> Flow {
        message["timestamp"] = match self.options.faults.contains(&Fault::IsoTimestamps) {
            true => "2026-09-24T12:00:00Z".into(),
            false => epoch().as_secs_f64().into(),
        };
        self.send_text(message.to_string()).await
    }

    pub(super) async fn send_text(&mut self, text: String) -> Flow {
        let sending = self.socket.send(Message::text(text));
        match timeout(CLIENT_WITHIN, sending).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break("the client went away"),
        }
    }
}

/// Waits until another connection has the session; for ever when there is none to have.
pub(super) async fn taken(hold: Option<&Hold>) {
    match hold {
        Some(hold) => hold.taken().await,
        None => std::future::pending().await,
    }
}

/// Samples in `duration`.
pub(super) fn samples_in(duration: Duration) -> usize {
    duration.as_millis() as usize * 24
}

/// Since 1970.
pub(super) fn epoch() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap_or_default()
}
