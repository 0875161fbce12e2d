//! What the room is shown of the agent, and a watchdog on what must not last.

use std::time::{Duration, Instant};

use super::context::{Context, Timer};
use super::{Action, AgentState, Fact};

/// How long "speaking" or "thinking" lasts without audio and without progress.
pub(super) const QUIET_AFTER: Duration = Duration::from_secs(10);

/// The agent's state, which follows what is audible.
#[derive(Debug)]
pub(super) struct AgentStateTracker {
    pub(super) state: AgentState,
    /// The session is ready.
    pub(super) ready: bool,
    /// Something of a reply was audible, and it goes on.
    pub(super) speaking: bool,
    /// An answer is awaited, which is none of the first so many replies.
    pub(super) thinking: Option<u32>,
    /// A tool works, which has a deadline of its own.
    pub(super) working: bool,
}

impl AgentStateTracker {
    pub(super) fn new() -> Self {
        Self {
            state: AgentState::Initializing,
            ready: false,
            speaking: false,
            thinking: None,
            working: false,
        }
    }

    /// Nothing is audible and no reply is made; the answer was among the `replies` so far, or
    /// is still awaited.
    pub(super) fn idle(&mut self, replies: u32) {
        self.speaking = false;
        self.thinking = self.thinking.filter(|asked| replies <= *asked);
    }

    /// [`Timer::Quiet`].
    pub(super) fn went_quiet(&mut self, cx: &mut Context) {
        cx.observe(Fact::WentQuiet(self.state));
        self.speaking = false;
        self.thinking = None;
    }

    /// Shows a change. Playout, unless it is `held`, has enough until `plays_until`.
    pub(super) fn show(&mut self, cx: &mut Context, held: bool, plays_until: Option<Instant>) {
        let state = self.now(held);
        if state != self.state {
            self.state = state;
            cx.act(Action::SetAgentState(state));
            cx.stop(Timer::Quiet);
        }
        if state != AgentState::Speaking && self.thinking.is_none() {
            cx.stop(Timer::Quiet);
        } else if !cx.timers.is_set(Timer::Quiet) {
            let from = plays_until.map_or(cx.now, |until| until.max(cx.now));
            cx.timers.set(Timer::Quiet, from + QUIET_AFTER);
        }
    }

    fn now(&self, held: bool) -> AgentState {
        if self.speaking && !held {
            AgentState::Speaking
        } else if !self.ready {
            AgentState::Initializing
        } else if self.thinking.is_some() || self.working {
            AgentState::Thinking
        } else {
            AgentState::Listening
        }
    }
}
