//! What callers who wait are shown: `[lines] busy`, as a message of the chat.
//!
//! No agent is in the room yet, so the server has to write. Its API sends data packets, and no text
//! streams: a client that shows LiveKit's older chat packets shows the line, others do not.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, UNIX_EPOCH};

use livekit_api::access_token::{AccessToken, AccessTokenError, VideoGrants};
use livekit_protocol as proto;
use parlor_core::private::Private;
use prost::Message;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::clock;
use crate::config::LiveKit;

/// The topic of LiveKit's chat before there were text streams.
const TOPIC: &str = "lk-chat-topic";

/// How long the server may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long a token is good for: one request.
const TOKEN_VALID: Duration = Duration::from_secs(60);

/// Writes to rooms by the server's API.
#[derive(Debug)]
pub(super) struct Writer {
    livekit: LiveKit,
    client: Client,
}

/// Why a room could not be written to.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("a token cannot be made: {0}")]
    Token(#[from] AccessTokenError),
    #[error("the server cannot be asked: {0}")]
    Request(reqwest::Error),
    #[error("HTTP status {0}")]
    Status(StatusCode),
}

impl Writer {
    /// # Errors
    /// The machine has no certificates.
    pub(super) fn new(livekit: &LiveKit) -> Result<Self, reqwest::Error> {
        let provider = rustls::crypto::ring::default_provider();
        // Another part of the process may have installed the same one before.
        provider.install_default().ok();
        let client = Client::builder().timeout(ANSWER_WITHIN).build()?;
        Ok(Self {
            livekit: livekit.clone(),
            client,
        })
    }

    /// Shows `line` in `room`, once for each `sid` and agent: the server drops packets with a nonce
    /// that it has seen, so it does not matter how many workers write.
    pub(super) async fn write(
        &self,
        room: &str,
        agent_name: &str,
        line: &Private<String>,
    ) -> Result<(), WriteError> {
        let request = proto::SendDataRequest {
            room: room.to_owned(),
            data: message(room, agent_name, line.reveal()),
            kind: proto::data_packet::Kind::Reliable.into(),
            topic: Some(TOPIC.to_owned()),
            nonce: nonce(room, agent_name).to_vec(),
            ..proto::SendDataRequest::default()
        };
        let grants = VideoGrants {
            room_admin: true,
            room: room.to_owned(),
            ..VideoGrants::default()
        };
        let (key, secret) = (&self.livekit.api_key, self.livekit.api_secret.reveal());
        let token = AccessToken::with_api_key(key, secret)
            .with_ttl(TOKEN_VALID)
            .with_grants(grants)
            .to_jwt()?;
        let url = format!(
            "{}/twirp/livekit.RoomService/SendData",
            self.livekit.http_url()
        );
        let request = self
            .client
            .post(url)
            .bearer_auth(token)
            .header(CONTENT_TYPE, "application/protobuf")
            .body(request.encode_to_vec());
        let answer = request.send().await;
        let status = answer
            .map_err(|it| WriteError::Request(it.without_url()))?
            .status();
        match status {
            StatusCode::OK => Ok(()),
            status => Err(WriteError::Status(status)),
        }
    }
}

/// The same for every worker.
fn nonce(room: &str, agent_name: &str) -> [u8; 16] {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, room, agent_name).hash(&mut hasher);
        hasher.finish().to_be_bytes()
    };
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&half(0));
    nonce[8..].copy_from_slice(&half(1));
    nonce
}

/// A message as `@livekit/components` sends and reads it.
fn message(room: &str, agent_name: &str, line: &str) -> Vec<u8> {
    let since = clock::wall().duration_since(UNIX_EPOCH).unwrap_or_default();
    let timestamp = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let id = u128::from_be_bytes(nonce(room, agent_name));
    let message = json!({
        "id": format!("{id:032x}"),
        "timestamp": timestamp,
        "message": line,
    });
    message.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_writes_the_same_message() {
        assert_eq!(nonce("hall", "clerk"), nonce("hall", "clerk"));
        assert_ne!(nonce("hall", "clerk"), nonce("hall", "cook"));
        assert_ne!(nonce("hall", "clerk"), nonce("cellar", "clerk"));
        let message = message("hall", "clerk", "One moment, please.");
        let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
        assert_eq!(message["message"], "One moment, please.");
        assert_eq!(message["id"].as_str().unwrap().len(), 32);
        assert!(message["timestamp"].is_u64());
    }
}
