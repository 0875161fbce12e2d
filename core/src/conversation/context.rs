//! The deadlines of a call, and what its parts write to.

use super::{Action, AgentCommand, Fact};

/// The deadlines of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// Nobody came.
    CallerWait,
    /// Nobody came back.
    CallerGrace,
    /// What the caller said before did not come.
    Early,
    /// The agent's socket is not open.
    Connect,
    /// Nobody subscribed to our track.
    Listener,
    /// The voice session is not ready.
    Ready,
    /// A lost session is tried again.
    Reconnect,
    /// The agent does not say what it owes.
    Owed,
    /// The voice session is not ended.
    End,
    /// A held reply is not confirmed as interrupted.
    Hold,
    /// No audio and no progress.
    Quiet,
    /// What was heard of a reply is not known.
    Settle,
    /// An answer of a tool waits, and nothing happens.
    ToolResult,
    /// A tool takes too long, or the caller waits for one.
    ToolDue,
    /// The caller says nothing.
    Idle,
    /// The call lasts too long.
    Duration,
    /// Its voice sessions cost too much.
    Cost,
    /// The goodbye is not heard.
    Leave,
    /// What must make way for the goodbye does not end.
    Goodbye,
    /// The voice session comes near its longest time.
    Rotate,
}

/// What every part of a call writes to.
pub(super) type Context = crate::context::Context<Timer, Action>;

impl Context {
    pub(super) fn send(&mut self, command: AgentCommand) {
        self.act(Action::SendAgent(command));
    }

    pub(super) fn observe(&mut self, fact: Fact) {
        self.act(Action::Observe(fact));
    }
}
