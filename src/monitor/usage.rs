//! What a call has used, as far as it is known here: how long its voice sessions were open.

use std::time::{Duration, Instant};

use livekit_protocol::agent::model_usage::Usage as Used;
use livekit_protocol::agent::{AgentSessionUsage, LlmModelUsage, ModelUsage, SttModelUsage};

const PROVIDER: &str = "assemblyai";
const MODEL: &str = "voice-agent";

/// How long voice sessions were open.
#[derive(Debug, Default)]
pub(super) struct Usage {
    before: Duration,
    since: Option<Instant>,
}

impl Usage {
    /// A session is ready.
    pub(super) fn opened(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// It is lost.
    pub(super) fn closed(&mut self, now: Instant) {
        self.before = self.connected(now);
        self.since = None;
    }

    /// The call is over, and this is what they were.
    pub(super) fn settled(&mut self, connected: Duration) {
        self.before = connected;
        self.since = None;
    }

    /// What was used until now: the session, and what it heard, which is as long, for audio goes
    /// to it without a gap. Clients show tokens of the one and seconds of the other.
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
