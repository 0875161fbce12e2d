//! State of a voice session: what its connection, its turns and its replies share.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::calls::ToolCalls;
use super::credential::Credential;
use super::log::LogWriter;
use super::messages;
use super::options::Options;
use super::pending_speech::PendingSpeech;
use super::resumable_sessions::{Hold, ResumableSessions};
use super::scenario::{Plan, Progress};
use super::shared::Shared;
use super::speech_output::SpeechOutput;
use super::voice_activity::VoiceActivity;
use super::wire::Wire;

/// A voice session and its WebSocket.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) progress: Progress,
    pub(super) plan: Plan,
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
    pub(super) heard_text: bool,
    pub(super) heard_audio: bool,
}

impl Session {
    pub(super) fn new(
        wire: Wire,
        credential: Credential,
        progress: Progress,
        shared: Shared,
    ) -> Self {
        let options = shared.options;
        Self {
            wire,
            progress,
            plan: Plan::default(),
            stop: shared.stop,
            speech: SpeechOutput::new(&options),
            voice_activity: VoiceActivity::new(samples_in(options.end_of_turn)),
            options,
            log_writer: shared.log_writer,
            kept: shared.kept,
            credential,
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

    /// The session's id, if the client knows it.
    pub(super) fn known_id(&self) -> Option<&str> {
        self.ready.map(|_| self.id.as_str())
    }
}

/// Number of samples in `duration`, at 24 kHz.
pub(super) fn samples_in(duration: Duration) -> usize {
    duration.as_millis() as usize * 24
}
