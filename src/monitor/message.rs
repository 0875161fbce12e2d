//! What goes out of a monitor, and what comes in.

use std::fmt;

use livekit_protocol::agent::{
    AgentSessionEvent, AgentSessionMessage, SessionResponse, agent_session_message,
    session_response,
};
use parlor_core::ids::Identity;
use parlor_core::secret::Private;
use prost::Message as _;

/// The topic of the byte streams that carry the protocol, one message each.
pub const TOPIC: &str = "lk.agent.session";

/// The longest message that is read, in bytes.
pub const LONGEST: usize = 64 << 10;

/// A message that somebody sent to the agent.
pub struct Asked {
    /// Who.
    pub from: Identity,
    /// Whether that participant may manage the agent's session.
    pub manages: bool,
    /// The message.
    pub bytes: Vec<u8>,
}

/// Something to be done for those who watch a call.
#[derive(Debug)]
pub enum Output {
    /// To be sent.
    Send(Outgoing),
    /// Somebody who may do it writes in the caller's name.
    Input(Private<String>),
    /// Whether the caller is listened to.
    Hear(bool),
    /// Whether the room is shown captions.
    Caption(bool),
}

/// What is sent to those who watch a call.
#[derive(Debug)]
pub enum Outgoing {
    /// A message.
    Message(MonitorMessage),
    /// The answer to a request for what the connection measures.
    Stats {
        /// Who asked.
        to: Identity,
        /// The request's name.
        request: String,
    },
}

/// A message to those who watch a call.
pub struct MonitorMessage {
    /// Who gets it.
    pub to: To,
    message: Box<AgentSessionMessage>,
}

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// Everybody in the room.
    Everyone,
    /// Participants who may manage the agent's session.
    Managers,
    /// Who asked.
    One(Identity),
}

impl MonitorMessage {
    /// An event.
    pub(super) fn event(to: To, event: AgentSessionEvent) -> Self {
        let message = Some(agent_session_message::Message::Event(event));
        let message = Box::new(AgentSessionMessage { message });
        Self { to, message }
    }

    /// The answer to a request, or why there is none.
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

    /// The message as it goes over the wire.
    pub fn encode(&self) -> Vec<u8> {
        self.message.encode_to_vec()
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
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
