//! Checkpoint from which another process can continue a call.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::ids::{Identity, SessionId};
use crate::secret::{Private, Secret};

/// State of a call at the end of a turn. Its texts and its credential are serialised in the clear:
/// give it only to the process that takes over the call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Identity of the linked caller.
    pub caller: Option<Identity>,
    /// The voice session, if it can be resumed.
    pub session: Option<Resumable>,
    /// The last turns, the oldest first.
    pub turns: Vec<Turn>,
    /// The caller is waiting for the agent, or heard only the beginning of its reply.
    pub owes: bool,
    /// Name of the phase.
    #[serde(default)]
    pub phase: String,
    /// History that was given to the session.
    #[serde(rename = "past", default, serialize_with = "revealed")]
    pub given_history: Option<Private<String>>,
    /// Usage that counts against the limits of the call.
    #[serde(default)]
    pub spent: UsageSoFar,
}

/// Usage that counts against the limits of a call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageSoFar {
    /// Time since the first session was ready.
    pub lasted: Duration,
    /// Total time that voice sessions were open.
    pub connected: Duration,
    /// Number of caller turns.
    pub turns: u32,
    /// Number of tool calls.
    pub tool_calls: u32,
}

fn revealed<S: Serializer>(words: &Option<Private<String>>, to: S) -> Result<S::Ok, S::Error> {
    words.as_ref().map(Private::reveal).serialize(to)
}

impl Checkpoint {
    /// Whether there is no session and nothing was said, so that the call may as well start anew.
    pub fn is_empty(&self) -> bool {
        self.session.is_none() && self.turns.is_empty() && !self.owes
    }
}

/// A voice session and the credential that resumes it, within 30 s after the connection is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumable {
    /// ID of the session.
    pub session: SessionId,
    /// Bearer token, used in place of the API key.
    #[serde(serialize_with = "Secret::serialize_revealed")]
    pub token: Secret,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Speaker of the turn.
    pub speaker: Speaker,
    /// What was said, as far as it was heard.
    #[serde(serialize_with = "Private::serialize_revealed")]
    pub text: Private<String>,
}

/// Speaker in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}
