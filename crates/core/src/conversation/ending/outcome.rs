//! Outcome of a call.

use crate::conversation::event::{AgentError, RoomEnd, SocketLoss};

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The caller left.
    CallerLeft,
    /// No caller joined in time.
    NoCaller,
    /// The agent was disconnected from the room.
    Room(RoomEnd),
    /// The process is shutting down, or LiveKit terminated the job.
    Shutdown,
    /// The worker is shutting down and its drain time is over.
    Drained,
    /// Another agent of the same name is in the room.
    SecondAgent,
    /// The agent ended the call with a tool.
    AgentHungUp,
    /// The call reached a limit.
    Limit(Limit),
    /// The server ended the voice session.
    AgentEnded,
    /// The connection to the Voice Agent API could not be opened, or was lost.
    AgentLost(SocketLoss),
    /// The API rejected the voice session, or closed it right after this error.
    AgentRejected(AgentError),
    /// The voice session was not ready in time.
    AgentTimeout,
    /// The connection to the Voice Agent API accepted no audio for too long.
    AgentStalled,
    /// The agent sent more audio than the playout queue can hold.
    PlayoutOverflow,
}

impl Outcome {
    /// Whether the agent ended the call while the caller was still there.
    pub fn is_by_agent(&self) -> bool {
        matches!(self, Self::AgentHungUp | Self::Limit(_) | Self::Drained)
    }

    /// Whether the room is over anyway, or continues without this agent.
    pub fn leaves_the_room(&self) -> bool {
        matches!(self, Self::Room(_) | Self::Shutdown | Self::SecondAgent)
    }

    /// Whether the call ended normally.
    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Self::CallerLeft
                | Self::Room(RoomEnd::Closed)
                | Self::Shutdown
                | Self::Drained
                | Self::SecondAgent
                | Self::AgentHungUp
                | Self::Limit(_)
                | Self::AgentEnded
        )
    }
}

/// Limit of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The caller was silent for too long.
    Idle,
    /// Duration of the call.
    Duration,
    /// Number of caller turns.
    Turns,
    /// Cost of the voice sessions.
    Cost,
    /// Number of tool calls.
    ToolCalls,
}
