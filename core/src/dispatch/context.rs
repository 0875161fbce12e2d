//! The deadlines of a worker, and what its parts write to.

use super::{Action, Command, Fact};

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

/// What every part of a worker writes to.
pub(super) type Context = crate::context::Context<Timer, Action>;

impl Context {
    pub(super) fn send(&mut self, command: Command) {
        self.act(Action::Send(command));
    }

    pub(super) fn observe(&mut self, fact: Fact) {
        self.act(Action::Observe(fact));
    }
}
