//! What another process needs to go on with a call.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::ids::{Identity, SessionId};
use crate::secret::{Private, Secret};

/// A call as it was at the end of a turn. Its words and its credential are serialised in the
/// clear: it goes to whoever takes the call over, and nowhere else.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// To whom the agent listens.
    pub caller: Option<Identity>,
    /// The voice session, if it can be resumed.
    pub session: Option<Resumable>,
    /// What was said last, the oldest first.
    pub turns: Vec<Turn>,
    /// The caller waits for the agent, or heard only the beginning of what it says.
    pub owes: bool,
    /// What the phase is called.
    #[serde(default)]
    pub phase: String,
    /// What the session was told of the call before it.
    #[serde(default, serialize_with = "revealed")]
    pub cancelled: Option<Private<String>>,
    /// What of the call's limits is used up.
    #[serde(default)]
    pub spent: UsageSoFar,
}

/// What of a call's limits is used up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageSoFar {
    /// Since the first session was ready.
    pub lasted: Duration,
    /// How long voice sessions were open, all together.
    pub connected: Duration,
    /// The caller's turns.
    pub turns: u32,
    /// Calls of tools.
    pub tool_calls: u32,
}

fn revealed<S: Serializer>(words: &Option<Private<String>>, to: S) -> Result<S::Ok, S::Error> {
    words.as_ref().map(Private::reveal).serialize(to)
}

impl Checkpoint {
    /// Whether nothing was said and there is no session: the call may as well begin.
    pub fn is_empty(&self) -> bool {
        self.session.is_none() && self.turns.is_empty() && !self.owes
    }
}

/// A voice session and the credential that resumes it, for 30 s after its socket is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumable {
    /// Its name.
    pub session: SessionId,
    /// Sent as Bearer, in place of the API key.
    #[serde(serialize_with = "Secret::serialize_revealed")]
    pub token: Secret,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Who.
    pub speaker: Speaker,
    /// What, as far as it was heard.
    #[serde(serialize_with = "Private::serialize_revealed")]
    pub text: Private<String>,
}

/// Who speaks in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}
