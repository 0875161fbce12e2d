//! Error messages for people: what happened, why, and what to do.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use parlor_core::conversation::{AgentError, Limit, Outcome, RoomEnd, SocketLoss};

use crate::dial::cause;
use crate::livekit_server::ServerError;
use crate::room::JoinError;

/// Describes why joining a room failed.
pub fn join(error: &JoinError, room: &str, url: &str) -> String {
    match error {
        JoinError::NativeCore(why) => why.clone(),
        JoinError::Refused(why) => format!("{} ({})", livekit_status(url, 401), cause(why)),
        JoinError::Connect(why) => {
            let why = cause(why);
            let is_other = ["handshake error: ", "client error: 404"]
                .into_iter()
                .any(|it| why.starts_with(it));
            let why = match is_other {
                true => format!("this may not be a LiveKit server ({why})"),
                false => why,
            };
            format!("cannot join the room {room} at {url}: {why}; check LIVEKIT_URL")
        }
        error => format!("cannot join the room {room} at {url}: {error}; check LIVEKIT_URL"),
    }
}

/// Describes an HTTP status with which the server at `url` answered instead of doing what LiveKit
/// does.
pub fn livekit_status(url: &str, status: u16) -> String {
    match status {
        401 => format!(
            "LiveKit at {url} refused the API key or secret (HTTP 401): check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        ),
        403 => format!(
            "LiveKit at {url} denied access to the API key (HTTP 403): check LIVEKIT_API_KEY and its permissions"
        ),
        429 => format!("LiveKit at {url} has too many requests (HTTP 429): try again later"),
        500.. => {
            format!("LiveKit at {url} failed (HTTP {status}): try again later, or check its log")
        }
        _ => format!(
            "{url} responds, but not as a LiveKit server (HTTP {status}): check the host, port and path in LIVEKIT_URL"
        ),
    }
}

/// Describes why a request to the server API of the LiveKit server at `url` failed.
pub fn livekit(url: &str, error: &ServerError) -> String {
    match error {
        ServerError::Status(status) => livekit_status(url, status.as_u16()),
        ServerError::Refused { code, .. } if code == "unauthenticated" => livekit_status(url, 401),
        ServerError::Refused { code, .. } if code == "permission_denied" => {
            livekit_status(url, 403)
        }
        ServerError::Refused { code, .. } if code == "bad_route" => livekit_status(url, 404),
        ServerError::Refused { .. } => format!("LiveKit at {url} refused the request: {error}"),
        ServerError::InvalidResponse => livekit_status(url, 200),
        ServerError::Unreachable(why) => {
            format!("cannot reach LiveKit at {url}: {why}; check LIVEKIT_URL")
        }
        ServerError::Token => error.to_string(),
    }
}

/// Describes why `address`, which `flag` sets, cannot be listened on.
pub fn listen(address: SocketAddr, error: &Error, flag: &str) -> String {
    let why = match error.kind() {
        ErrorKind::AddrInUse => "another program uses the port".to_owned(),
        ErrorKind::AddrNotAvailable => "this machine does not have the address".to_owned(),
        ErrorKind::PermissionDenied => "ports below 1024 need privileges".to_owned(),
        _ => error.to_string(),
    };
    format!("cannot listen on {address}: {why}; choose another address with {flag}")
}

/// The one of `candidates` that was probably meant by the misspelled `word`, if there is one.
pub fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = (word.chars().count() / 3).max(1);
    let near = candidates.into_iter().map(|candidate| {
        let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
        (distance, candidate)
    });
    let nearest = near.min_by_key(|(distance, _)| *distance);
    nearest
        .filter(|(distance, _)| *distance <= most)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …?` if one of `candidates` was probably meant by `word`, else nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let meant = meant(word, candidates);
    meant.map_or_else(String::new, |it| format!("; did you mean `{it}`?"))
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
        SocketLoss::Refused(status @ (429 | 500..)) => {
            format!("the Voice Agent API refused the connection (HTTP {status}): try again later")
        }
        SocketLoss::Refused(status) => format!(
            "the Voice Agent API refused the connection (HTTP {status}): check ASSEMBLYAI_BASE_URL"
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_word_is_recognised_and_another_word_is_not() {
        let fields = [
            "name",
            "prompt",
            "greeting",
            "voice",
            "tools",
            "url",
            "listening",
        ];
        let cases = [
            ("greting", Some("greeting")),
            ("nmae", Some("name")),
            ("voices", Some("voice")),
            ("tool", Some("tools")),
            ("uri", Some("url")),
            ("Prompt", Some("prompt")),
            ("xyzzy", None),
            ("volume", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(meant(word, fields), expected, "{word}");
        }
    }
}
