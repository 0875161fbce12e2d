//! Mints LiveKit access tokens.

use std::time::Duration;

use livekit_api::access_token::{AccessToken, AccessTokenError, VideoGrants};
use parlor_core::conversation::AgentState;
use parlor_core::private::Secret;

use crate::config::LiveKit;

/// How long a worker's token opens the socket; each attempt has its own.
const WORKER_VALID: Duration = Duration::from_secs(600);

/// Who a token makes its bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The agent: participant kind `agent`, in state `initializing`.
    Agent,
    /// An app, a browser, a person.
    Caller,
}

/// What a token is for.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// The one room it opens.
    pub room: &'a str,
    /// Unique in the room; a second participant of the same identity throws the first out.
    pub identity: &'a str,
    /// Shown to people.
    pub name: &'a str,
    /// Who its bearer is.
    pub kind: Kind,
    /// How long it lets somebody join. Who has joined stays.
    pub valid: Duration,
}

/// Mints a token that joins one room, publishes, subscribes and updates its own attributes.
///
/// # Errors
/// When the key or the secret cannot sign, for instance because one is empty.
pub fn mint(livekit: &LiveKit, grant: &Grant<'_>) -> Result<Secret, AccessTokenError> {
    let grants = VideoGrants {
        room_join: true,
        room: grant.room.to_owned(),
        can_update_own_metadata: Some(true),
        agent: grant.kind == Kind::Agent,
        ..VideoGrants::default()
    };
    let token = AccessToken::with_api_key(&livekit.api_key, livekit.api_secret.reveal())
        .with_identity(grant.identity)
        .with_name(grant.name)
        .with_ttl(grant.valid)
        .with_grants(grants);
    let token = match grant.kind {
        Kind::Agent => token
            .with_kind("agent")
            .with_attributes([(AgentState::ATTRIBUTE, AgentState::Initializing.as_str())]),
        Kind::Caller => token,
    };
    token.to_jwt().map(Secret::new)
}

/// Mints the token that opens the dispatch socket: it may take calls and join no room.
///
/// # Errors
/// When the key or the secret cannot sign.
pub fn mint_worker(livekit: &LiveKit) -> Result<Secret, AccessTokenError> {
    let grants = VideoGrants {
        agent: true,
        ..VideoGrants::default()
    };
    AccessToken::with_api_key(&livekit.api_key, livekit.api_secret.reveal())
        .with_ttl(WORKER_VALID)
        .with_grants(grants)
        .to_jwt()
        .map(Secret::new)
}
