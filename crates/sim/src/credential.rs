//! The credential of a client. It is checked with the client's first message, because a key opens
//! sessions while a resume token only resumes one.

use tokio_tungstenite::tungstenite::handshake::server::Request;

use super::resumable_sessions;
use super::tokens::Tokens;

/// Credential that a client sent with the upgrade.
#[derive(PartialEq, Eq)]
pub(super) enum Credential {
    Missing,
    /// Opens sessions.
    Key,
    /// May be the resume token of a session.
    Other(String),
}

impl Credential {
    /// What the client showed: a key if it is `key`, one of `tokens` or, without a `key`, anything
    /// but a resume token.
    pub(super) fn of(shown: Option<String>, key: Option<&str>, tokens: &Tokens) -> Self {
        let Some(shown) = shown else {
            return Self::Missing;
        };
        let is_key = match key {
            Some(key) => key == shown || tokens.has(&shown),
            None => !resumable_sessions::is_token(&shown),
        };
        if is_key {
            Self::Key
        } else {
            Self::Other(shown)
        }
    }
}

/// The credential of an upgrade: the `Authorization` header, with or without `Bearer`, or the
/// `token` query parameter.
pub(super) fn shown(request: &Request) -> Option<String> {
    let header = request.headers().get("authorization");
    let bearer = header.and_then(|value| value.to_str().ok());
    let bearer = bearer.map(|value| value.trim_start_matches("Bearer "));
    let query = request.uri().query().unwrap_or_default();
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="));
    bearer.or(token).map(str::to_owned)
}
