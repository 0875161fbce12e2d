//! Mints LiveKit access tokens, and knows its own again.

use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use livekit_api::access_token::{AccessToken, AccessTokenError, Claims, VideoGrants};
use livekit_protocol::{RoomAgentDispatch, RoomConfiguration};
use parlor_core::conversation::AgentState;
use parlor_core::secret::Secret;
use ring::hmac;
use serde_json::Value;

use crate::clock;
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

/// A visit of somebody unknown: to talk in one room, with an agent that is sent there.
#[derive(Clone)]
pub struct Visit {
    /// Where, and as whom.
    pub seat: Seat,
    /// Shown to people.
    pub name: String,
    /// For the agent to read; the visitor cannot change it.
    pub metadata: String,
    /// The same, by name.
    pub attributes: HashMap<String, String>,
    /// Who is sent; without it, the agents of every room come.
    pub agent: Option<Sent>,
    /// Whether they may see all of the agent's session and manage it.
    pub manages: bool,
    /// How long it lets them join. Who has joined stays.
    pub valid: Duration,
}

/// A place in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The room.
    pub room: String,
    /// Unique in it.
    pub identity: String,
}

/// An agent that is sent to a room once the room is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Sent {
    /// The name that dispatches ask for.
    pub name: String,
    /// For its call.
    pub metadata: String,
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

/// Mints a visitor's token: it joins one room, publishes a microphone, hears, and sends data.
///
/// # Errors
/// When the key or the secret cannot sign.
pub fn mint_visit(livekit: &LiveKit, visit: Visit) -> Result<Secret, AccessTokenError> {
    let grants = VideoGrants {
        room_join: true,
        room: visit.seat.room,
        can_publish: Some(true),
        can_publish_sources: vec!["microphone".to_owned()],
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        ..VideoGrants::default()
    };
    let token = AccessToken::with_api_key(&livekit.api_key, livekit.api_secret.reveal())
        .with_identity(&visit.seat.identity)
        .with_name(&visit.name)
        .with_metadata(&visit.metadata)
        .with_attributes(visit.attributes)
        .with_ttl(visit.valid)
        .with_grants(grants);
    let token = match visit.agent {
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
    let token = match visit.manages {
        true => managing(livekit, &token).ok_or(AccessTokenError::InvalidClaims("no grants"))?,
        false => token,
    };
    Ok(Secret::new(token))
}

/// The token with a grant that [`VideoGrants`] does not know.
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

/// The seat of a caller whose token this key has signed, up to `grace` after it has expired.
pub fn seat(livekit: &LiveKit, token: &str, grace: Duration) -> Option<Seat> {
    // Any algorithm that the token names but this one fails here.
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    hmac::verify(&key(livekit), signed.as_bytes(), &signature).ok()?;
    let claims = Claims::from_unverified(token).ok()?;
    let now = clock::wall().duration_since(UNIX_EPOCH).ok()?;
    let until = Duration::from_secs(claims.exp as u64).checked_add(grace)?;
    let is_callers = claims.kind.is_empty() && claims.video.room_join && !claims.video.agent;
    let is_ours = claims.iss == livekit.api_key && is_callers && now <= until;
    let (room, identity) = (claims.video.room, claims.sub);
    (is_ours && !room.is_empty() && !identity.is_empty()).then_some(Seat { room, identity })
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
    fn a_callers_token_is_known_again_and_nobody_elses() {
        let ours = livekit("ours");
        let seat_of = |token: &Secret| seat(&ours, token.reveal(), GRACE);
        let token = mint(&ours, &grant(Kind::Caller)).unwrap();
        let kept = Seat {
            room: "kitchen".to_owned(),
            identity: "ada".to_owned(),
        };
        assert_eq!(seat_of(&token), Some(kept));
        let foreign = mint(&livekit("theirs"), &grant(Kind::Caller)).unwrap();
        let agents = mint(&ours, &grant(Kind::Agent)).unwrap();
        let workers = mint_worker(&ours).unwrap();
        for token in [foreign, agents, workers] {
            assert_eq!(seat_of(&token), None);
        }
    }

    #[test]
    fn what_is_no_token_seats_nobody() {
        let ours = livekit("ours");
        let token = mint(&ours, &grant(Kind::Caller)).unwrap();
        let (signed, _) = token.reveal().rsplit_once('.').unwrap();
        let unsigned = format!("{signed}.");
        for odd in ["", ".", "..", "a.b.c", signed, unsigned.as_str()] {
            assert_eq!(seat(&ours, odd, GRACE), None, "{odd}");
        }
    }
}
