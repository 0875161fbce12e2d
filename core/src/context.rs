//! What the parts of a machine write to: the actions to come and the deadlines.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::timers::Timers;

/// The time of the event at hand, and what comes of it.
#[derive(Debug)]
pub(crate) struct Context<Timer, Action> {
    pub(crate) now: Instant,
    pub(crate) timers: Timers<Timer>,
    pub(crate) actions: VecDeque<Action>,
}

impl<Timer: Copy + PartialEq, Action> Context<Timer, Action> {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            now,
            timers: Timers::default(),
            actions: VecDeque::new(),
        }
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// Sets `timer` to go off in `delay`.
    pub(crate) fn within(&mut self, timer: Timer, delay: Duration) {
        self.at(timer, self.now.checked_add(delay));
    }

    /// Sets `timer` to go off at `at`; without a time, or at one that no clock reaches, never.
    pub(crate) fn at(&mut self, timer: Timer, at: Option<Instant>) {
        match at {
            Some(at) => self.timers.set(timer, at),
            None => self.timers.stop(timer),
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.timers.stop(timer);
    }
}
