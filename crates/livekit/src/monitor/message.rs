//! Inputs and outputs of a monitor.

use std::fmt;

use livekit_protocol::agent::{
    AgentSessionEvent, AgentSessionMessage, SessionResponse, agent_session_message,
    session_response,
};
use parlor_core::ids::Identity;
use parlor_core::secret::Private;
use prost::Message as _;

/// Topic of the byte streams that carry the protocol. Each stream carries one message.
pub const TOPIC: &str = "lk.agent.session";

/// Maximum size of an incoming message in bytes.
pub const LONGEST: usize = 64 << 10;

/// A message from a participant to the agent.
pub struct MonitorRequest {
    /// Identity of the sender.
    pub from: Identity,
    /// Whether the sender is a manager: its token grants `canManageAgentSession`.
    pub manages: bool,
    /// The encoded protobuf message.
    pub bytes: Vec<u8>,
}

/// Something that the driver of a monitor must do.
#[derive(Debug)]
pub enum Output {
    /// Send a message to monitoring participants.
    Send(Outgoing),
    /// Pass text to the agent as if the linked caller had typed it.
    Input(Private<String>),
    /// Enable or disable audio input from callers.
    Hear(bool),
    /// Enable or disable captions.
    Caption(bool),
}

/// A message to participants that monitor a call.
#[derive(Debug)]
pub enum Outgoing {
    /// A complete message.
    Message(MonitorMessage),
    /// The response to a request for RTC statistics, which the sender of the message must fill in.
    Stats {
        /// Identity of the requester.
        to: Identity,
        /// Id of the request.
        request: String,
    },
}

/// A message to participants that monitor a call.
pub struct MonitorMessage {
    /// Recipients of the message.
    pub to: To,
    message: Box<AgentSessionMessage>,
}

/// Recipients of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// All participants in the room.
    Everyone,
    /// All managers.
    Managers,
    /// Only the requester.
    One(Identity),
}

impl MonitorMessage {
    /// Creates a message that carries an event.
    pub(super) fn event(to: To, event: AgentSessionEvent) -> Self {
        let message = Some(agent_session_message::Message::Event(event));
        let message = Box::new(AgentSessionMessage { message });
        Self { to, message }
    }

    /// Creates the response to a request, or an error response.
    pub fn answer(
        to: Identity,
        request: String,
        answer: Result<session_response::Response, String>,
    ) -> Self {
        let (response, error) = match answer {
            Ok(response) => (Some(response), None),
            Err(error) => (None, Some(error)),
        };
        let response = SessionResponse {
            request_id: request,
            error,
            response,
        };
        let message = Some(agent_session_message::Message::Response(response));
        Self {
            to: To::One(to),
            message: Box::new(AgentSessionMessage { message }),
        }
    }

    /// Encodes the message as protobuf.
    pub fn encode(&self) -> Vec<u8> {
        self.message.encode_to_vec()
    }
}

impl fmt::Debug for MonitorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorRequest")
            .field("from", &self.from)
            .field("manages", &self.manages)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl fmt::Debug for MonitorMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorMessage")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
