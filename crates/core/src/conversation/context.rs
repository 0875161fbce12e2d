//! Deadlines of a call, and the context that its parts share.

use super::{Action, AgentCommand, Fact};

/// Deadlines of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// No caller has joined.
    CallerWait,
    /// The caller has not come back.
    CallerGrace,
    /// The announced pre-connect audio has not arrived.
    PreConnectAudio,
    /// The WebSocket to the Voice Agent API has not opened.
    Connect,
    /// Nobody has subscribed to the agent's track.
    Listener,
    /// The voice session is not ready.
    Ready,
    /// Retry opening or resuming the voice session.
    Reconnect,
    /// The resumed session has not continued its interrupted reply.
    Owed,
    /// The voice session has not ended after `session.end`.
    End,
    /// The API has not confirmed the interruption of a paused reply.
    Unconfirmed,
    /// The agent is "speaking" or "thinking" without audio or progress.
    Quiet,
    /// The text or the playout report of a finished reply has not arrived.
    Settle,
    /// A tool result has been waiting to be sent, and nothing happens.
    ToolResult,
    /// A tool has timed out, or a filler is due.
    ToolDue,
    /// The caller has been silent for too long.
    Idle,
    /// The call has reached its maximum duration.
    Duration,
    /// The voice sessions have reached the maximum cost.
    Cost,
    /// The goodbye has taken too long, or its end has been heard.
    Leave,
    /// The reply that blocks the goodbye has not ended.
    Goodbye,
    /// The voice session is close to its maximum duration.
    Rotate,
}

/// Current time, timers and pending actions, shared by all parts of a call.
pub(super) type Context = crate::context::Context<Timer, Action>;

impl Context {
    pub(super) fn send(&mut self, command: AgentCommand) {
        self.act(Action::SendAgent(command));
    }

    pub(super) fn observe(&mut self, fact: Fact) {
        self.act(Action::Observe(fact));
    }
}
