//! How a call ends.

use crate::conversation::event::{AgentError, RoomEnd, SocketLoss};

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The caller left.
    CallerLeft,
    /// Nobody came in time.
    NoCaller,
    /// The room is over for us.
    Room(RoomEnd),
    /// The process was told to end.
    Shutdown,
    /// The worker ended and could wait no longer for the call to end by itself.
    Drained,
    /// Another agent of the same name is in the room.
    SecondAgent,
    /// The agent ended it, with the tool that does so.
    AgentHungUp,
    /// It reached a limit.
    Limit(Limit),
    /// The voice session ended by the server's will.
    AgentEnded,
    /// The agent's WebSocket could not be opened, or was lost.
    AgentLost(SocketLoss),
    /// The voice session was refused, or lost right after this error.
    AgentRejected(AgentError),
    /// The voice session was not ready in time.
    AgentTimeout,
    /// The agent took no audio for too long.
    AgentStalled,
    /// The agent sent more audio than anybody can hear.
    PlayoutOverflow,
}

impl Outcome {
    /// Whether the agent ended it, with the caller still there.
    pub fn is_by_agent(&self) -> bool {
        matches!(self, Self::AgentHungUp | Self::Limit(_) | Self::Drained)
    }

    /// Whether the room is over already, or goes on without this agent.
    pub fn leaves_the_room(&self) -> bool {
        matches!(self, Self::Room(_) | Self::Shutdown | Self::SecondAgent)
    }

    /// Whether the call ended as calls do.
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

/// What a call must not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The caller said nothing for too long.
    Idle,
    /// Its length.
    Duration,
    /// The caller's turns.
    Turns,
    /// The price of its voice sessions.
    Cost,
    /// Calls of tools.
    ToolCalls,
}
