//! What is told of a call: log lines and counters, never what was said.

use std::time::Duration;

use parlor_core::conversation::{AgentState, Dropped, Fact, Outcome};
use tokio::sync::mpsc;

/// Where the facts of a call go besides the log; when it is full the newest is dropped and counted.
pub type Watch = mpsc::Sender<Fact>;

/// Counts and logs; hands every fact on to whoever watches.
#[derive(Debug, Default)]
pub struct Observer {
    watch: Option<Watch>,
    turns: u64,
    interruptions: u64,
    mic_dropped: u64,
    stale_dropped: u64,
    unsent: u64,
    gaps: u64,
    unwatched: u64,
}

impl Observer {
    /// Hands facts on to `watch`, if there is one.
    pub fn new(watch: Option<Watch>) -> Self {
        Self {
            watch,
            ..Self::default()
        }
    }

    /// The agent's state changed.
    pub fn state(&mut self, state: AgentState) {
        tracing::debug!(state = state.as_str(), "agent state");
    }

    /// Something happened in the call.
    pub fn fact(&mut self, fact: Fact) {
        match &fact {
            Fact::SessionReady { session } => {
                let session = session.as_ref().map(|id| id.as_str());
                tracing::info!(session, "voice session ready");
            }
            Fact::UserTranscript { is_final, .. } => self.turns += u64::from(*is_final),
            Fact::AgentTranscript { .. } => {}
            Fact::Interrupted { utterance, played } => {
                self.interruptions += 1;
                let (reply, heard) = (utterance.0, milliseconds(*played));
                tracing::debug!(reply, heard, "reply interrupted");
            }
            Fact::AgentError(error) => {
                let param = error.param.as_deref();
                tracing::warn!(code = %error.code, param, message = %error.message, "the agent reported an error");
            }
            Fact::Dropped(Dropped::MicNotReady) => self.mic_dropped += 1,
            Fact::Dropped(Dropped::StaleReply) => self.stale_dropped += 1,
            Fact::UnknownMessage { kind } => {
                tracing::debug!(%kind, "the agent sent a message of an unknown type");
            }
            Fact::UnknownTool { name } => {
                tracing::warn!(%name, "the agent called a tool that does not exist");
            }
            Fact::WentQuiet(state) => {
                tracing::warn!(
                    state = state.as_str(),
                    "no audio for too long; listening again"
                );
            }
        }
        self.hand_on(fact);
    }

    /// Chunks that one connection to the agent took too slowly.
    pub fn unsent(&mut self, chunks: u64) {
        self.unsent += chunks;
    }

    /// Gaps in the agent's voice.
    pub fn gaps(&mut self, gaps: u64) {
        self.gaps = gaps;
    }

    /// The call is over: one line that says how it went.
    pub fn ended(&self, outcome: &Outcome, lasted: Duration) {
        tracing::info!(
            outcome = outcome.name(),
            seconds = lasted.as_secs(),
            turns = self.turns,
            interruptions = self.interruptions,
            mic_frames_before_ready = self.mic_dropped,
            stale_frames = self.stale_dropped,
            unsent_chunks = self.unsent,
            gaps = self.gaps,
            facts_unwatched = self.unwatched,
            "call ended"
        );
    }

    fn hand_on(&mut self, fact: Fact) {
        if let Some(watch) = &self.watch
            && watch.try_send(fact).is_err()
        {
            self.unwatched += 1;
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
