//! Explanations of how calls and connections end, and what to do about it.

use super::{AgentError, Limit, Outcome, RoomEnd, SocketLoss};

impl Outcome {
    /// Why the call ended, for people.
    pub fn explanation(&self) -> String {
        match self {
            Self::CallerLeft => "the caller left".to_owned(),
            Self::NoCaller => "no caller joined the room in time".to_owned(),
            Self::Room(end) => room_ended(*end).to_owned(),
            Self::Shutdown => "the call was stopped".to_owned(),
            Self::Drained => "the worker shut down and its drain timeout expired".to_owned(),
            Self::SecondAgent => "another agent with the same name is in the room".to_owned(),
            Self::AgentHungUp => "the agent hung up".to_owned(),
            Self::Limit(limit) => limit_reached(*limit).to_owned(),
            Self::AgentEnded => "the Voice Agent API ended the voice session".to_owned(),
            Self::AgentLost(loss) => loss.explanation(),
            Self::AgentRejected(error) => rejected(error),
            Self::AgentTimeout => {
                "the voice session was not ready in time: try again, or run `parlor doctor`"
                    .to_owned()
            }
            Self::AgentStalled => {
                "the Voice Agent API accepted no audio for 5 s: check the network connection to it"
                    .to_owned()
            }
            Self::PlayoutOverflow => {
                "the Voice Agent API sent audio two minutes ahead of playout".to_owned()
            }
        }
    }
}

impl SocketLoss {
    /// Why the connection to the Voice Agent API was lost, for people.
    pub fn explanation(&self) -> String {
        match self {
            Self::Unreachable(why) => {
                format!(
                    "cannot reach the Voice Agent API: {why}; check ASSEMBLYAI_BASE_URL and the network"
                )
            }
            Self::Refused(status @ 401) => {
                format!(
                    "the Voice Agent API rejected the API key (HTTP {status}): check ASSEMBLYAI_API_KEY"
                )
            }
            Self::Refused(status @ 403) => format!(
                "the Voice Agent API denied access for this network, region or plan (HTTP {status}): contact AssemblyAI support"
            ),
            Self::Refused(status @ (429 | 500..)) => {
                format!(
                    "the Voice Agent API refused the connection (HTTP {status}): try again later"
                )
            }
            Self::Refused(status) => format!(
                "the Voice Agent API refused the connection (HTTP {status}): check ASSEMBLYAI_BASE_URL"
            ),
            Self::Closed { code, reason } if reason.is_empty() => {
                format!("the Voice Agent API closed the connection (code {code})")
            }
            Self::Closed { code, reason } => {
                format!("the Voice Agent API closed the connection (code {code}: {reason})")
            }
            Self::Broken(why) => format!("the connection to the Voice Agent API failed: {why}"),
        }
    }
}

fn limit_reached(limit: Limit) -> &'static str {
    match limit {
        Limit::Idle => "the caller was silent for too long",
        Limit::Duration => "the call reached its maximum duration, set in [limits]",
        Limit::Turns => "the call reached its maximum number of turns, set in [limits]",
        Limit::Cost => "the call reached its maximum cost, set in [limits]",
        Limit::ToolCalls => "the call reached its maximum number of tool calls, set in [limits]",
    }
}

fn room_ended(end: RoomEnd) -> &'static str {
    match end {
        RoomEnd::Closed => "the room was closed",
        RoomEnd::Removed => "the agent was removed from the room",
        RoomEnd::DuplicateIdentity => {
            "another participant joined with the agent's identity: give each agent its own with --identity"
        }
        RoomEnd::ConnectionLost => {
            "the connection to LiveKit was lost and could not be restored: check that the server is running"
        }
    }
}

fn rejected(error: &AgentError) -> String {
    let AgentError {
        code,
        message,
        param,
    } = error;
    let what_to_do = match (code.as_str(), param.as_deref()) {
        ("unauthorized" | "forbidden", _) => "check ASSEMBLYAI_API_KEY",
        ("at_capacity" | "concurrency_exceeded", _) => "try again later",
        (_, Some("output.voice")) => {
            "remove `name` from [voice] in agent.toml, or use a voice that `parlor doctor` lists"
        }
        (_, Some(_)) => "fix this setting in agent.toml",
        (_, None) => "the API gave no further details",
    };
    let field = param.as_deref().map(|field| format!(" ({field})"));
    let field = field.unwrap_or_default();
    format!("the Voice Agent API rejected the session: {code}{field}: {message}; {what_to_do}")
}
