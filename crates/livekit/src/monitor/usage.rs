//! Usage of a call: the total duration of its voice sessions.

use std::time::{Duration, Instant};

use livekit_protocol::agent::model_usage::Usage as Used;
use livekit_protocol::agent::{AgentSessionUsage, LlmModelUsage, ModelUsage, SttModelUsage};

const PROVIDER: &str = "assemblyai";
const MODEL: &str = "voice-agent";

/// Total duration of the voice sessions.
#[derive(Debug, Default)]
pub(super) struct Usage {
    before: Duration,
    since: Option<Instant>,
}

impl Usage {
    /// Records that a session is ready.
    pub(super) fn opened(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Records that the session was lost.
    pub(super) fn closed(&mut self, now: Instant) {
        self.before = self.connected(now);
        self.since = None;
    }

    /// Sets the final duration at the end of the call.
    pub(super) fn settled(&mut self, connected: Duration) {
        self.before = connected;
        self.since = None;
    }

    /// Usage until now, as two entries of the same duration, because audio is sent to the session
    /// without gaps: the session as LLM usage, and the audio it received as STT usage. Clients
    /// show tokens of the former and seconds of the latter.
    pub(super) fn report(&self, now: Instant) -> AgentSessionUsage {
        let connected = self.connected(now).as_secs_f64();
        let session = Used::Llm(LlmModelUsage {
            provider: PROVIDER.to_owned(),
            model: MODEL.to_owned(),
            session_duration: connected,
            ..LlmModelUsage::default()
        });
        let heard = Used::Stt(SttModelUsage {
            provider: PROVIDER.to_owned(),
            model: MODEL.to_owned(),
            audio_duration: connected,
            ..SttModelUsage::default()
        });
        let models = [session, heard].map(|it| ModelUsage { usage: Some(it) });
        AgentSessionUsage {
            model_usage: models.into(),
        }
    }

    fn connected(&self, now: Instant) -> Duration {
        let open = self.since.map(|it| now.saturating_duration_since(it));
        self.before + open.unwrap_or_default()
    }
}
