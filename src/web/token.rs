//! `POST /api/token`, the token endpoint as LiveKit's client SDKs expect it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use parlor_common::clock;
use parlor_livekit::token::{mint_visitor, verify_caller_token};
use serde_json::Value;
use tokio::time::timeout;

use super::connections::Peer;
use super::error::Refusal;
use super::state::AppState;
use super::token_request::TokenRequest;

/// Timeout for the body of a request.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Time after the expiry of a token during which its holder may return to the room.
const REJOIN_WITHIN: Duration = Duration::from_secs(600);

/// Responds with a token or an error.
pub(super) async fn give(
    State(shared): State<Arc<AppState>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    let taken = shared.limit.lock().take(clock::now(), peer.ip());
    let given = match taken {
        Ok(()) => token(&shared, request).await,
        Err(wait) => Err(Refusal::TooMany(wait)),
    };
    shared.counts.note(given.as_ref().err().copied());
    match given {
        Ok(answer) => answer,
        Err(refusal) => {
            tracing::debug!(%refusal, "token request refused");
            refusal.into_response()
        }
    }
}

async fn token(shared: &AppState, request: Request) -> Result<Response, Refusal> {
    let rules = &shared.rules;
    // A visitor who may choose the room does not need the old token to return.
    let bearer = bearer(request.headers()).filter(|_| !rules.allow_rooms);
    let had = match bearer {
        Some(token) => {
            let identity = verify_caller_token(&shared.livekit, token, REJOIN_WITHIN);
            Some(identity.ok_or(Refusal::Rejoin)?)
        }
        None => None,
    };
    let is_json = is_json(request.headers());
    let body = body(request).await?;
    if !is_json && !body.is_empty() {
        return Err(Refusal::NotJson);
    }
    let ask = TokenRequest::read(&body)?;
    check_voice(shared, ask.voice(rules)).await?;
    let grant = ask.grant(rules, had)?;
    let room = grant.room_identity.room.clone();
    let minted = mint_visitor(&shared.livekit, grant).map_err(|error| {
        tracing::error!(%error, "cannot sign tokens: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET");
        Refusal::Internal
    })?;
    tracing::info!(%room, "token issued");
    let answer = Json(serde_json::json!({
        "server_url": shared.server_url,
        "participant_token": minted.reveal(),
    }));
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// Checks that choosing a voice is allowed and that the voice is offered.
async fn check_voice(shared: &AppState, asked: Option<Value>) -> Result<(), Refusal> {
    let Some(asked) = asked else {
        return Ok(());
    };
    if !shared.voice_cache.is_open() {
        return Err(Refusal::Body(
            "choosing a voice is not allowed here: see --voices",
        ));
    }
    let offered = shared.voice_cache.offered().await;
    match asked.as_str() {
        Some(voice) if offered.iter().any(|it| it == voice) => Ok(()),
        _ => Err(Refusal::Body("this voice cannot be chosen")),
    }
}

async fn body(request: Request) -> Result<Bytes, Refusal> {
    match timeout(BODY_WITHIN, Bytes::from_request(request, &())).await {
        Err(_elapsed) => Err(Refusal::TooSlow),
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Refusal::TooLarge),
        Ok(Err(_)) => Err(Refusal::Body("the body is incomplete")),
    }
}

/// Returns the bearer token; other authorization schemes are meant for proxies.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next());
    kind.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}
