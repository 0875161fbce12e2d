//! Says what happened, why, and what to do.

use parlor_core::conversation::{AgentError, Limit, Outcome, RoomEnd, SocketLoss};

use crate::room::JoinError;

/// Why a room could not be joined, for people.
pub fn join(error: &JoinError, room: &str, url: &str) -> String {
    match error {
        JoinError::NativeCore(why) => why.clone(),
        JoinError::Refused(why) => format!(
            "LiveKit at {url} refused the token: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET ({why})"
        ),
        error => format!("room {room} at {url} cannot be joined: {error}; check LIVEKIT_URL"),
    }
}

/// How a call ended, for people.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::CallerLeft => "the caller left".to_owned(),
        Outcome::NoCaller => "nobody came: the room stayed empty".to_owned(),
        Outcome::Room(end) => room(*end).to_owned(),
        Outcome::Shutdown => "it was told to end".to_owned(),
        Outcome::Drained => "the worker shut down, and its drain time was over".to_owned(),
        Outcome::SecondAgent => "another agent of the same name is in the room".to_owned(),
        Outcome::AgentHungUp => "the agent ended it".to_owned(),
        Outcome::Limit(limit) => self::limit(*limit).to_owned(),
        Outcome::AgentEnded => "the voice session was ended by the API".to_owned(),
        Outcome::AgentLost(loss) => self::loss(loss),
        Outcome::AgentRejected(error) => rejected(error),
        Outcome::AgentTimeout => {
            "the Voice Agent API was not ready in time: try again, or run `parlor doctor`"
                .to_owned()
        }
        Outcome::AgentStalled => {
            "the Voice Agent API took no audio for 5 s: look at the network between here and there"
                .to_owned()
        }
        Outcome::PlayoutOverflow => {
            "the Voice Agent API sent two minutes more than was heard".to_owned()
        }
    }
}

fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Idle => "the caller said nothing for too long",
        Limit::Duration => "it lasted as long as [limits] allows",
        Limit::Turns => "it had as many turns as [limits] allows",
        Limit::Cost => "it cost as much as [limits] allows",
        Limit::ToolCalls => "it had as many tool calls as [limits] allows",
    }
}

fn room(end: RoomEnd) -> &'static str {
    match end {
        RoomEnd::Closed => "the room was closed",
        RoomEnd::Removed => "the agent was removed from the room",
        RoomEnd::DuplicateIdentity => {
            "another participant joined under the agent's identity: give each worker its own with --identity"
        }
        RoomEnd::ConnectionLost => {
            "the connection to LiveKit is lost and did not come back: is the server up?"
        }
    }
}

/// How the socket to the agent was lost, for people.
pub fn loss(loss: &SocketLoss) -> String {
    match loss {
        SocketLoss::Unreachable(why) => {
            format!(
                "the Voice Agent API cannot be reached: {why}; check ASSEMBLYAI_BASE_URL and the network"
            )
        }
        SocketLoss::Refused(status @ 401) => {
            format!("the Voice Agent API refused the key (HTTP {status}): check ASSEMBLYAI_API_KEY")
        }
        SocketLoss::Refused(status @ 403) => format!(
            "the Voice Agent API refused this network, region or plan (HTTP {status}): ask AssemblyAI's support"
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
        SocketLoss::Broken(why) => format!("the connection to the Voice Agent API broke: {why}"),
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
            "leave [voice] name out of agent.toml, or take one of the voices that `parlor doctor` lists"
        }
        (_, Some(_)) => "correct agent.toml",
        (_, None) => "see the message",
    };
    let field = param.as_deref().map(|field| format!(" ({field})"));
    let field = field.unwrap_or_default();
    format!("the Voice Agent API refused the session: {code}{field}: {message}; {what_to_do}")
}
