//! Error messages for people: what happened, why, and what to do.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use parlor_common::dial::cause;
use parlor_livekit::room::JoinError;
use parlor_livekit::server::ServerError;

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
