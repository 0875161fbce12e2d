//! What an agent can do in its room besides speaking (RPC, DTMF, chat), and what the room says
//! about a caller.

use std::sync::Arc;
use std::time::Duration;

use livekit::participant::{ParticipantKind as Kind, RemoteParticipant};
use livekit::prelude::{PerformRpcData, RpcError};
use livekit::{SendTextOptions, SipDTMF};
use parlor_core::ids::Identity;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::CHAT;
use super::deadline::{SendError, within};

/// Timeout for sending a DTMF tone or a chat message.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// LiveKit's RPC error code for a method that is not registered.
const UNSUPPORTED_METHOD: u32 = 1_400;

/// Handle to a joined room. It does not keep the connection open.
#[derive(Debug, Clone)]
pub struct RoomControl(pub(super) Arc<livekit::Room>);

/// Why an operation in a room failed. Does not contain the data that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomControlError {
    /// No participant in the room has that identity.
    #[error("the participant is not in the room")]
    Absent,
    /// The participant's app has not registered the RPC method.
    #[error("the app has not registered this RPC method")]
    NoMethod,
    /// The app returned an error: its code, and the first 200 characters of its message.
    #[error("the app returned error {0}: {1}")]
    App(u32, String),
    /// The LiveKit SDK could not send the data.
    #[error("the room rejected it: {0}")]
    Room(String),
    /// There was no answer in time.
    #[error("no answer in time")]
    Timeout,
}

impl RoomControl {
    /// Describes the room and the participant `caller` as JSON: `room` and `caller` with names,
    /// attributes and metadata. Metadata that is valid JSON is embedded as JSON. `caller` is null
    /// if the participant is not in the room.
    pub fn about(&self, caller: &Identity) -> Value {
        let participants = self.0.remote_participants();
        let caller = participants.get(&caller.as_str().into());
        json!({
            "room": { "name": self.0.name(), "metadata": metadata(self.0.metadata()) },
            "caller": caller.map(about).unwrap_or_default(),
        })
    }

    /// Calls the RPC method `method` of the participant `to`.
    ///
    /// # Errors
    /// [`RoomControlError`]
    pub async fn call_rpc(
        &self,
        to: &Identity,
        method: &str,
        payload: String,
        within: Duration,
    ) -> Result<String, RoomControlError> {
        let is_here = |identity| self.0.remote_participants().contains_key(identity);
        if !is_here(&to.as_str().into()) {
            return Err(RoomControlError::Absent);
        }
        let data = PerformRpcData::new(to.as_str().to_owned(), method)
            .with_payload(payload)
            .with_response_timeout(within);
        let calling = self.0.local_participant();
        match timeout(within, calling.perform_rpc(data)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(error.into()),
            Err(_elapsed) => Err(RoomControlError::Timeout),
        }
    }

    /// Sends the DTMF tone of a key to the participant `to`: a digit, `*`, `#` or `A` to `D`.
    ///
    /// # Errors
    /// [`RoomControlError`]
    pub async fn send_dtmf(&self, to: &Identity, key: char) -> Result<(), RoomControlError> {
        let tone = SipDTMF {
            code: code(key),
            digit: key.to_string(),
            destination_identities: vec![to.as_str().into()],
        };
        let pressing = self.0.local_participant();
        Ok(within(SEND_WITHIN, pressing.publish_dtmf(tone)).await?)
    }

    /// Sends a chat message to the participant `to`, or to everybody.
    ///
    /// # Errors
    /// [`RoomControlError`]
    pub async fn send_chat(
        &self,
        to: Option<&Identity>,
        text: &str,
    ) -> Result<(), RoomControlError> {
        let mut options = SendTextOptions::new_with_topic(CHAT);
        options.destination_identities = to.iter().map(|it| it.as_str().into()).collect();
        let writing = self.0.local_participant();
        within(SEND_WITHIN, writing.send_text(text, options)).await?;
        Ok(())
    }
}

impl From<RpcError> for RoomControlError {
    fn from(error: RpcError) -> Self {
        match error.code {
            UNSUPPORTED_METHOD => Self::NoMethod,
            code => Self::App(code, error.message.chars().take(200).collect()),
        }
    }
}

impl From<SendError> for RoomControlError {
    fn from(unsent: SendError) -> Self {
        match unsent {
            SendError::Room(error) => Self::Room(error),
            SendError::Timeout => Self::Timeout,
        }
    }
}

fn about(caller: &RemoteParticipant) -> Value {
    let attributes = caller.attributes();
    let of_phone = |key: &str| attributes.get(key).cloned().map(unless_empty);
    json!({
        "identity": caller.identity().as_str(),
        "name": unless_empty(caller.name()),
        "kind": kind(caller.kind()),
        "metadata": metadata(caller.metadata()),
        "phone": of_phone("sip.phoneNumber").unwrap_or_default(),
        "trunk_phone": of_phone("sip.trunkPhoneNumber").unwrap_or_default(),
        "attributes": attributes,
    })
}

/// Parses metadata: JSON as JSON, an empty text as null, any other text as a string.
pub fn metadata(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or_else(|_| unless_empty(text))
}

/// Turns an empty text into null: LiveKit sends an empty text for an unset field.
fn unless_empty(text: String) -> Value {
    match text.is_empty() {
        true => Value::Null,
        false => Value::String(text),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Standard => "standard",
        Kind::Ingress => "ingress",
        Kind::Egress => "egress",
        Kind::Sip => "sip",
        Kind::Agent => "agent",
        Kind::Connector => "connector",
        Kind::Bridge => "bridge",
    }
}

/// The DTMF event code of a key (RFC 4733, section 3.2).
fn code(key: char) -> u32 {
    match key {
        '*' => 10,
        '#' => 11,
        'A'..='D' => 12 + u32::from(key) - u32::from('A'),
        key => key.to_digit(10).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_map_to_dtmf_event_codes() {
        let keys: Vec<_> = "0159*#AD".chars().map(code).collect();
        assert_eq!(keys, [0, 1, 5, 9, 10, 11, 12, 15]);
    }

    #[test]
    fn metadata_is_parsed_as_json_if_possible() {
        assert_eq!(metadata(r#"{"a":1}"#.to_owned()), json!({"a": 1}));
        assert_eq!(metadata("plain".to_owned()), json!("plain"));
        assert_eq!(metadata(String::new()), json!(null));
    }
}
