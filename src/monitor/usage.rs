//! What a call has used, as far as it is known here: how long its voice sessions were open.

use std::time::{Duration, Instant};

use livekit_protocol::agent::{AgentSessionUsage, LlmModelUsage, ModelUsage, model_usage};

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

    /// What was used until now.
    pub(super) fn report(&self, now: Instant) -> AgentSessionUsage {
        let usage = model_usage::Usage::Llm(LlmModelUsage {
            provider: "assemblyai".to_owned(),
            model: "voice-agent".to_owned(),
            session_duration: self.connected(now).as_secs_f64(),
            ..LlmModelUsage::default()
        });
        AgentSessionUsage {
            model_usage: vec![ModelUsage { usage: Some(usage) }],
        }
    }

    fn connected(&self, now: Instant) -> Duration {
        let open = self.since.map(|it| now.saturating_duration_since(it));
        self.before + open.unwrap_or_default()
    }
}
