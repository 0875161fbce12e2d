//! One WebSocket connection: a voice session from its first update to its end.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message};

use super::calls::ToolCalls;
use super::handshake::{Credential, NewConnection};
use super::log::{Entry, LogWriter};
use super::pending_speech::PendingSpeech;
use super::rejection::Refusal;
use super::resumable_sessions::{Hold, ResumableSessions};
use super::scenario::Progress;
use super::scenario::actions::Planned;
use super::speech_output::SpeechOutput;
use super::voice_activity::VoiceActivity;
use super::wire::Wire;
use super::{Options, Shared, messages, validate};

/// Continues, or breaks with the reason why the connection ended.
pub(super) type Flow = ControlFlow<&'static str>;

/// A voice session and its WebSocket.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) progress: Progress,
    pub(super) planned: Vec<(Instant, Planned)>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) options: Arc<Options>,
    pub(super) log_writer: LogWriter,
    pub(super) kept: ResumableSessions,
    pub(super) credential: Credential,
    pub(super) id: String,
    /// Requested configuration, including updates; null before the first.
    pub(super) asked: Value,
    pub(super) opened: Instant,
    pub(super) ready_at: Option<Instant>,
    /// Whether the session was resumed from another connection.
    pub(super) was_resumed: bool,
    /// Set from ready until the end of the session.
    pub(super) hold: Option<Hold>,
    pub(super) ready: Option<Instant>,
    pub(super) samples: u64,
    pub(super) voice_activity: VoiceActivity,
    pub(super) turn: String,
    pub(super) turns: usize,
    pub(super) last_words: String,
    pub(super) deltas: usize,
    pub(super) speech: SpeechOutput,
    pub(super) next_answer: usize,
    pub(super) calls: ToolCalls,
    pub(super) pending_speech: PendingSpeech,
    heard_text: bool,
    heard_audio: bool,
}

impl Session {
    pub(super) fn new(wire: Wire, connection: NewConnection, shared: Shared) -> Self {
        let options = shared.options;
        Self {
            wire,
            progress: connection.progress,
            planned: Vec::new(),
            stop: shared.stop,
            speech: SpeechOutput::new(&options),
            voice_activity: VoiceActivity::new(samples_in(options.end_of_turn)),
            options,
            log_writer: shared.log_writer,
            kept: shared.kept,
            credential: connection.credential,
            id: messages::id("sess"),
            asked: Value::Null,
            opened: Instant::now(),
            ready_at: None,
            was_resumed: false,
            hold: None,
            ready: None,
            samples: 0,
            turn: String::new(),
            turns: 0,
            last_words: String::new(),
            deltas: 0,
            next_answer: 0,
            calls: ToolCalls::default(),
            pending_speech: PendingSpeech::default(),
            heard_text: false,
            heard_audio: false,
        }
    }

    /// Runs until the connection ends.
    pub(super) async fn run(&mut self) -> Flow {
        loop {
            let due = [
                self.ready_at,
                self.speech.due(),
                self.planned_due(),
                self.calls.due(),
                self.pending_speech_due(),
            ];
            let due = due.into_iter().flatten().min().map(Instant::into_std);
            tokio::select! {
                message = self.wire.next() => self.on_frame(message).await?,
                () = clock::at(due) => self.on_due().await?,
                () = taken(self.hold.as_ref()) => return ControlFlow::Break("taken over"),
                _ = self.stop.changed() => {
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
                let refusal = Refusal::new("invalid_format", "binary frames are not supported");
                self.violated(&refusal).await
            }
            Some(Ok(Message::Close(_))) | None => {
                ControlFlow::Break("the client closed the connection")
            }
            Some(Ok(_)) => ControlFlow::Continue(()),
            Some(Err(_)) => ControlFlow::Break("the client disconnected"),
        }
    }

    async fn on_text(&mut self, text: &str) -> Flow {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        self.wire.took(&message, text).await;
        let kind = message["type"].as_str();
        let first = !std::mem::replace(&mut self.heard_text, true);
        // Only a valid credential lets a connection continue past its first message.
        if first && self.credential != Credential::Key && kind != Some("session.resume") {
            return self.refuse_and_close(&Refusal::unauthorized()).await;
        }
        let Some(kind) = kind else {
            let refusal = Refusal::new("invalid_format", "a message must be an object with a type");
            return self.violated(&refusal).await;
        };
        if kind != "input.audio" || !std::mem::replace(&mut self.heard_audio, true) {
            self.log_writer.note(Entry::Received(kind.to_owned()));
        }
        if kind == "session.resume" && !first {
            let refusal =
                Refusal::new("invalid_format", "session.resume must be the first message");
            return self.violated(&refusal).await;
        }
        self.hear(message).await
    }

    /// Handles a message of the client.
    pub(super) async fn take(&mut self, message: &Value) -> Flow {
        match message["type"].as_str().unwrap_or_default() {
            "session.update" => self.on_update(message).await,
            "session.end" => {
                self.end().await?;
                ControlFlow::Break("session.end")
            }
            "session.resume" => self.on_resume(message).await,
            kind if self.ready.is_none() => {
                let refusal =
                    Refusal::new("invalid_format", format!("{kind} before session.ready"));
                self.violated(&refusal).await
            }
            "input.audio" => self.on_audio(message).await,
            kind => match validate::command(kind, message) {
                Ok(()) => self.on_command(kind, message).await,
                Err(refusal) => self.violated(&refusal).await,
            },
        }
    }

    /// Handles due timers: ready, planned actions, tool timeouts, pending speech, reply audio.
    async fn on_due(&mut self) -> Flow {
        let now = Instant::now();
        if self.ready_at.is_some_and(|at| at <= now) {
            return self.begin().await;
        }
        self.act_on_planned(now).await?;
        if self.calls.due().is_some_and(|at| at <= now) {
            self.calls.expire(now);
            self.after_calls().await?;
        }
        if self.pending_speech_due().is_some_and(|at| at <= now)
            && let Some(entry) = self.pending_speech.take(now)
        {
            return self.say_pending(entry).await;
        }
        self.speak(now).await
    }

    async fn on_command(&mut self, kind: &str, message: &Value) -> Flow {
        match kind {
            "tool.result" => self.on_result(message).await,
            "reply.create" => self.on_create(message).await,
            "reply.cancel" => {
                let reply = message["reply_id"].as_str().unwrap_or_default();
                let Some(done) = self.speech.cancel(reply) else {
                    return ControlFlow::Continue(());
                };
                self.calls.forget(reply);
                self.send(done).await
            }
            // The real API accepts a `conversation.message` without any effect.
            _ => ControlFlow::Continue(()),
        }
    }

    async fn end(&mut self) -> Flow {
        if let Some(hold) = self.hold.take() {
            hold.end();
        }
        let seconds = self.opened.elapsed().as_secs_f64();
        self.send(messages::ended(seconds)).await?;
        match self.wire.close(1_000, "").await {
            ControlFlow::Break(_) | ControlFlow::Continue(()) => ControlFlow::Continue(()),
        }
    }
}

/// Waits until another connection takes over the session; forever without a hold.
pub(super) async fn taken(hold: Option<&Hold>) {
    match hold {
        Some(hold) => hold.taken().await,
        None => std::future::pending().await,
    }
}

/// Number of samples in `duration`, at 24 kHz.
pub(super) fn samples_in(duration: Duration) -> usize {
    duration.as_millis() as usize * 24
}

/// Time since the Unix epoch.
pub(super) fn epoch() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap_or_default()
}
