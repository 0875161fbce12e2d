//! Mints LiveKit access tokens and verifies tokens it has minted.

use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use livekit_api::access_token::{AccessToken, AccessTokenError, Claims, VideoGrants};
use livekit_protocol::{RoomAgentDispatch, RoomConfiguration};
use parlor_common::clock;
use parlor_core::conversation::AgentState;
use parlor_core::secret::Secret;
use ring::hmac;
use serde_json::Value;

use crate::LiveKit;

/// Lifetime of a worker's token; each connection attempt mints its own.
const WORKER_VALID: Duration = Duration::from_secs(600);

/// The kind of participant that a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The agent: participant kind `agent`, with `lk.agent.state` set to `initializing`.
    Agent,
    /// A caller, for instance a browser or an app.
    Caller,
}

/// Claims of a token that joins one room.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// Name of the room.
    pub room: &'a str,
    /// Identity of the participant, unique in the room: a second participant with the same identity
    /// disconnects the first.
    pub identity: &'a str,
    /// Display name of the participant.
    pub name: &'a str,
    /// Kind of the participant.
    pub kind: Kind,
    /// Lifetime of the token. It limits joining only; participants stay connected after it expires.
    pub valid: Duration,
}

/// Claims of a token for a visitor of the web page, who talks to an agent in one room.
#[derive(Clone)]
pub struct VisitorGrant {
    /// Room and identity.
    pub room_identity: RoomIdentity,
    /// Display name of the visitor.
    pub name: String,
    /// Participant metadata for the agent; the visitor cannot change it.
    pub metadata: String,
    /// Participant attributes for the agent; the visitor cannot change them.
    pub attributes: HashMap<String, String>,
    /// Agent to dispatch explicitly; `None` leaves the room to automatic dispatch.
    pub agent: Option<AgentDispatch>,
    /// Whether the visitor may read and manage the whole agent session (`canManageAgentSession`).
    pub manages: bool,
    /// Lifetime of the token. It limits joining only; participants stay connected after it expires.
    pub valid: Duration,
}

/// A room and an identity in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomIdentity {
    /// Name of the room.
    pub room: String,
    /// Identity of the participant.
    pub identity: String,
}

/// An agent that LiveKit dispatches when the room is created.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentDispatch {
    /// Agent name of the dispatch.
    pub name: String,
    /// Metadata of the dispatch.
    pub metadata: String,
}

/// Mints a token that may join one room, publish, subscribe and update its own attributes.
///
/// # Errors
/// Fails if the API key and secret cannot sign, for instance because one is empty.
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

/// Mints the token of the dispatch WebSocket: its bearer may take jobs but not join a room.
///
/// # Errors
/// Fails if the API key and secret cannot sign.
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

/// Mints a visitor's token, which may join one room, publish a microphone track, subscribe, and
/// send data.
///
/// # Errors
/// Fails if the API key and secret cannot sign.
pub fn mint_visitor(livekit: &LiveKit, grant: VisitorGrant) -> Result<Secret, AccessTokenError> {
    let grants = VideoGrants {
        room_join: true,
        room: grant.room_identity.room,
        can_publish: Some(true),
        can_publish_sources: vec!["microphone".to_owned()],
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    };
    let token = AccessToken::with_api_key(&livekit.api_key, livekit.api_secret.reveal())
        .with_identity(&grant.room_identity.identity)
        .with_name(&grant.name)
        .with_metadata(&grant.metadata)
        .with_attributes(grant.attributes)
        .with_ttl(grant.valid)
        .with_grants(grants);
    let token = match grant.agent {
        Some(agent) => token.with_room_config(RoomConfiguration {
            agents: vec![RoomAgentDispatch {
                agent_name: agent.name,
                metadata: agent.metadata,
                ..RoomAgentDispatch::default()
            }],
            ..RoomConfiguration::default()
        }),
        None => token,
    };
    let token = token.to_jwt()?;
    let token = match grant.manages {
        true => managing(livekit, &token).ok_or(AccessTokenError::InvalidClaims("no grants"))?,
        false => token,
    };
    Ok(Secret::new(token))
}

/// Adds `canManageAgentSession`, a grant that [`VideoGrants`] lacks, and signs the token again.
fn managing(livekit: &LiveKit, token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (head, claims) = (parts.next()?, BASE64_URL_SAFE_NO_PAD.decode(parts.next()?));
    let mut claims: Value = serde_json::from_slice(&claims.ok()?).ok()?;
    let grants = claims.get_mut("video")?.as_object_mut()?;
    grants.insert("canManageAgentSession".to_owned(), Value::Bool(true));
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let signed = format!("{head}.{claims}");
    let signature = hmac::sign(&key(livekit), signed.as_bytes());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
    Some(format!("{signed}.{signature}"))
}

/// Verifies a caller's token and returns its room and identity. Accepts only tokens signed with our
/// API key and secret, up to `grace` after they expire.
pub fn verify_caller_token(
    livekit: &LiveKit,
    token: &str,
    grace: Duration,
) -> Option<RoomIdentity> {
    // A token that names another algorithm fails here.
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    hmac::verify(&key(livekit), signed.as_bytes(), &signature).ok()?;
    let claims = Claims::from_unverified(token).ok()?;
    let now = clock::wall().duration_since(UNIX_EPOCH).ok()?;
    let until = Duration::from_secs(claims.exp as u64).checked_add(grace)?;
    let is_callers = claims.kind.is_empty() && claims.video.room_join && !claims.video.agent;
    let is_ours = claims.iss == livekit.api_key && is_callers && now <= until;
    let (room, identity) = (claims.video.room, claims.sub);
    (is_ours && !room.is_empty() && !identity.is_empty()).then_some(RoomIdentity { room, identity })
}

fn key(livekit: &LiveKit) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, livekit.api_secret.reveal().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(600);

    fn livekit(secret: &str) -> LiveKit {
        LiveKit {
            url: "ws://127.0.0.1:7880".to_owned(),
            api_key: "key".to_owned(),
            api_secret: Secret::new(secret),
            ..LiveKit::default()
        }
    }

    fn grant(kind: Kind) -> Grant<'static> {
        Grant {
            room: "kitchen",
            identity: "ada",
            name: "Ada",
            kind,
            valid: Duration::from_secs(60),
        }
    }

    #[test]
    fn only_caller_tokens_signed_with_our_key_are_accepted() {
        let ours = livekit("ours");
        let verified = |token: &Secret| verify_caller_token(&ours, token.reveal(), GRACE);
        let token = mint(&ours, &grant(Kind::Caller)).unwrap();
        let kept = RoomIdentity {
            room: "kitchen".to_owned(),
            identity: "ada".to_owned(),
        };
        assert_eq!(verified(&token), Some(kept));
        let foreign = mint(&livekit("theirs"), &grant(Kind::Caller)).unwrap();
        let agents = mint(&ours, &grant(Kind::Agent)).unwrap();
        let workers = mint_worker(&ours).unwrap();
        for token in [foreign, agents, workers] {
            assert_eq!(verified(&token), None);
        }
    }

    #[test]
    fn malformed_and_unsigned_tokens_are_rejected() {
        let ours = livekit("ours");
        let token = mint(&ours, &grant(Kind::Caller)).unwrap();
        let (signed, _) = token.reveal().rsplit_once('.').unwrap();
        let unsigned = format!("{signed}.");
        for odd in ["", ".", "..", "a.b.c", signed, unsigned.as_str()] {
            assert_eq!(verify_caller_token(&ours, odd, GRACE), None, "{odd}");
        }
    }
}
