//! What the parts of a state machine share: the current time, the timers and the queue of actions.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::timers::Timers;

/// The time of the current event, the running timers and the actions that wait to be polled.
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

    /// Sets `timer` to expire after `delay`.
    pub(crate) fn within(&mut self, timer: Timer, delay: Duration) {
        self.at(timer, self.now.checked_add(delay));
    }

    /// Sets `timer` to expire at `at`. Stops it if `at` is `None`, as after an overflow of
    /// [`Instant`].
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
