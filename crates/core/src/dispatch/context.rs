//! Timers of the dispatch state machine, and its [`Context`].

use super::{Action, Command, Fact};

/// Deadlines of a worker, except for those of its reservations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// Deadline of the current connection stage.
    Connection,
    /// The next status report is due.
    Status,
    /// The drain time is over.
    Drain,
    /// The deadline for stopped calls to end is over.
    Goodbye,
}

/// The time, timers and actions that the parts of [`Dispatch`](super::Dispatch) share.
pub(super) type Context = crate::context::Context<Timer, Action>;

impl Context {
    pub(super) fn send(&mut self, command: Command) {
        self.act(Action::Send(command));
    }

    pub(super) fn observe(&mut self, fact: Fact) {
        self.act(Action::Observe(fact));
    }
}
