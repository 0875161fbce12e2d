//! Derives the agent state from what is audible, with a watchdog that resets it when it is stuck.

use std::time::{Duration, Instant};

use crate::conversation::context::{Context, Timer};
use crate::conversation::{Action, AgentState, Fact};

/// How long the agent may be "speaking" or "thinking" without audio or progress.
pub(crate) const QUIET_AFTER: Duration = Duration::from_secs(10);

/// Derives the agent's state from what is audible.
#[derive(Debug)]
pub(crate) struct AgentStateTracker {
    pub(crate) state: AgentState,
    /// The session is ready.
    pub(crate) ready: bool,
    /// A reply is audible and not over yet.
    pub(crate) speaking: bool,
    /// A reply is awaited. The value is the number of replies that started before the request.
    pub(crate) thinking: Option<u32>,
    /// A tool is running; tools have their own timeout.
    pub(crate) working: bool,
}

impl AgentStateTracker {
    pub(crate) fn new() -> Self {
        Self {
            state: AgentState::Initializing,
            ready: false,
            speaking: false,
            thinking: None,
            working: false,
        }
    }

    /// Nothing is audible and no reply is being generated. Stops "thinking" if the awaited reply
    /// was among the `replies` so far.
    pub(crate) fn idle(&mut self, replies: u32) {
        self.speaking = false;
        self.thinking = self.thinking.filter(|asked| replies <= *asked);
    }

    /// [`Timer::Quiet`]: resets a state that is stuck.
    pub(crate) fn went_quiet(&mut self, cx: &mut Context) {
        cx.observe(Fact::WentQuiet(self.state));
        self.speaking = false;
        self.thinking = None;
    }

    /// Publishes a changed state and sets the watchdog. `held` means that playout is paused, and
    /// `plays_until` is when the queued audio ends.
    pub(crate) fn show(&mut self, cx: &mut Context, held: bool, plays_until: Option<Instant>) {
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
