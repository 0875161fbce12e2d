//! Error messages for people: what happened, why, and what to do.

use parlor_core::conversation::{AgentError, Limit, Outcome, RoomEnd, SocketLoss};

use crate::room::JoinError;

/// Describes why joining a room failed.
pub fn join(error: &JoinError, room: &str, url: &str) -> String {
    match error {
        JoinError::NativeCore(why) => why.clone(),
        JoinError::Refused(why) => format!(
            "LiveKit at {url} rejected the access token: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET ({why})"
        ),
        error => format!("cannot join the room {room} at {url}: {error}; check LIVEKIT_URL"),
    }
}

/// Describes why a call ended.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::CallerLeft => "the caller left".to_owned(),
        Outcome::NoCaller => "no caller joined the room in time".to_owned(),
        Outcome::Room(end) => room(*end).to_owned(),
        Outcome::Shutdown => "the call was stopped".to_owned(),
        Outcome::Drained => "the worker shut down and its drain timeout expired".to_owned(),
        Outcome::SecondAgent => "another agent with the same name is in the room".to_owned(),
        Outcome::AgentHungUp => "the agent hung up".to_owned(),
        Outcome::Limit(limit) => self::limit(*limit).to_owned(),
        Outcome::AgentEnded => "the Voice Agent API ended the voice session".to_owned(),
        Outcome::AgentLost(loss) => self::loss(loss),
        Outcome::AgentRejected(error) => rejected(error),
        Outcome::AgentTimeout => {
            "the voice session was not ready in time: try again, or run `parlor doctor`".to_owned()
        }
        Outcome::AgentStalled => {
            "the Voice Agent API accepted no audio for 5 s: check the network connection to it"
                .to_owned()
        }
        Outcome::PlayoutOverflow => {
            "the Voice Agent API sent audio two minutes ahead of playout".to_owned()
        }
    }
}

fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Idle => "the caller was silent for too long",
        Limit::Duration => "the call reached its maximum duration, set in [limits]",
        Limit::Turns => "the call reached its maximum number of turns, set in [limits]",
        Limit::Cost => "the call reached its maximum cost, set in [limits]",
        Limit::ToolCalls => "the call reached its maximum number of tool calls, set in [limits]",
    }
}

fn room(end: RoomEnd) -> &'static str {
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

/// Describes why the connection to the Voice Agent API was lost.
pub fn loss(loss: &SocketLoss) -> String {
    match loss {
        SocketLoss::Unreachable(why) => {
            format!(
                "cannot reach the Voice Agent API: {why}; check ASSEMBLYAI_BASE_URL and the network"
            )
        }
        SocketLoss::Refused(status @ 401) => {
            format!(
                "the Voice Agent API rejected the API key (HTTP {status}): check ASSEMBLYAI_API_KEY"
            )
        }
        SocketLoss::Refused(status @ 403) => format!(
            "the Voice Agent API denied access for this network, region or plan (HTTP {status}): contact AssemblyAI support"
        ),
        SocketLoss::Refused(status) => {
            format!("the Voice Agent API refused the connection (HTTP {status})")
        }
        SocketLoss::Closed { code, reason } if reason.is_empty() => {
            format!("the Voice Agent API closed the connection (code {code})")
        }
        SocketLoss::Closed { code, reason } => {
            format!("the Voice Agent API closed the connection (code {code}: {reason})")
        }
        SocketLoss::Broken(why) => format!("the connection to the Voice Agent API failed: {why}"),
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
