//! The agent state published to the room.

/// LiveKit's `lk.agent.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// The voice session is not ready yet.
    Initializing,
    /// The agent is listening.
    Listening,
    /// The caller's turn is over and the reply is not audible yet.
    Thinking,
    /// The reply is audible.
    Speaking,
}

impl AgentState {
    /// Name of the participant attribute.
    pub const ATTRIBUTE: &str = "lk.agent.state";

    /// Value of the participant attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Listening => "listening",
            Self::Thinking => "thinking",
            Self::Speaking => "speaking",
        }
    }
}
