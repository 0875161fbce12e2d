//! What every part of a call writes to: the actions to come and the deadlines.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Action, AgentCommand, Fact};
use crate::timers::Timers;

/// The deadlines of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// Nobody came.
    CallerWait,
    /// Nobody came back.
    CallerGrace,
    /// The agent's socket is not open.
    Connect,
    /// Nobody subscribed to our track.
    Listener,
    /// The voice session is not ready.
    Ready,
    /// The voice session is not ended.
    End,
    /// A held reply is not confirmed as interrupted.
    Hold,
    /// No audio and no progress.
    Quiet,
    /// What was heard of a reply is not known.
    Settle,
    /// The reply that called a tool is not done.
    ToolResult,
}

/// The time of the event at hand, and what comes of it.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) now: Instant,
    pub(super) timers: Timers<Timer>,
    pub(super) actions: VecDeque<Action>,
}

impl Context {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now,
            timers: Timers::default(),
            actions: VecDeque::new(),
        }
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn send(&mut self, command: AgentCommand) {
        self.act(Action::SendAgent(command));
    }

    pub(super) fn observe(&mut self, fact: Fact) {
        self.act(Action::Observe(fact));
    }

    /// Sets `timer` to go off in `delay`.
    pub(super) fn within(&mut self, timer: Timer, delay: Duration) {
        self.timers.set(timer, self.now + delay);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.timers.stop(timer);
    }
}
