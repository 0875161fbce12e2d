//! The chat message shown to waiting callers, from `[lines] busy` of the agent file.
//!
//! No agent is in the room yet, so the message goes through the server API. That API sends data
//! packets but no text streams, so only clients that support LiveKit's older chat packets show it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::UNIX_EPOCH;

use livekit_protocol as proto;
use parlor_common::clock;
use parlor_core::secret::Private;
use serde_json::json;

/// Topic of LiveKit's older, packet-based chat.
const TOPIC: &str = "lk-chat-topic";

/// Builds a packet that shows `line` in `room` once: the server drops packets with a nonce that it
/// has seen, so several workers may send it.
pub(super) fn busy(room: &str, agent_name: &str, line: &Private<String>) -> proto::SendDataRequest {
    proto::SendDataRequest {
        room: room.to_owned(),
        data: message(room, agent_name, line.reveal()),
        kind: proto::data_packet::Kind::Reliable.into(),
        topic: Some(TOPIC.to_owned()),
        nonce: nonce(room, agent_name).to_vec(),
        ..proto::SendDataRequest::default()
    }
}

/// A nonce that is the same for every worker.
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

/// Encodes a chat message in the JSON format of `@livekit/components`.
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
