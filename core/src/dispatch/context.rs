//! What every part of a worker writes to: the actions to come and the deadlines.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Action, Command, Fact};
use crate::timers::Timers;

/// The deadlines of a worker, but for those of its promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The stage of the link has lasted long enough.
    Link,
    /// The next report is due.
    Status,
    /// The calls that go on have gone on long enough.
    Drain,
    /// The goodbyes have taken long enough.
    Goodbye,
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

    pub(super) fn send(&mut self, command: Command) {
        self.act(Action::Send(command));
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
