//! Settings of one call.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::failover::checkpoint::Checkpoint;
use super::playout::background::Sounds;
use super::profile::AgentProfile;
use crate::ids::Identity;

/// Settings of one call. The default waits for a caller indefinitely and ends the call as soon as
/// the last caller leaves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The agent, until [`Event::Profile`](super::Event::Profile) provides its profile for the
    /// caller.
    pub profile: AgentProfile,
    /// What happens to the agent's audio when the caller starts to speak.
    pub barge_in: BargeIn,
    /// How long to wait for a caller in an empty room; `None` waits indefinitely.
    pub caller_wait: Option<Duration>,
    /// How long to wait for a caller to come back after the last one has left, for example to
    /// reload a page. The call ends at once if a phone hangs up.
    pub caller_grace: Duration,
    /// Like `caller_grace`, for a caller who lost the connection.
    pub rejoin_grace: Duration,
    /// Callers that the agent hears.
    pub hear: Hear,
    /// How the agent answers text messages.
    pub chat: Answer,
    /// Name of the agent. Without it, other agents in the room are ignored.
    pub agent_name: Option<String>,
    /// What to do if another agent of that name is in the room.
    pub second_agent: SecondAgent,
    /// Background sounds that are available.
    pub sounds: Sounds,
    /// Callers to remove from the room when the agent ends the call.
    pub dismiss: Dismiss,
    /// Identity of the only participant the agent listens to. Without it, the first caller is
    /// linked.
    pub caller: Option<Identity>,
    /// Checkpoint of another process from which to continue the call.
    pub resume: Option<Checkpoint>,
    /// Whether to emit [`Action::Checkpoint`](super::Action::Checkpoint).
    pub checkpoints: bool,
}

/// Callers that the agent hears. In every mode one of them is the linked caller, to whom the
/// agent's words and tools apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hear {
    /// Only the linked caller.
    #[default]
    Linked,
    /// All callers, mixed.
    Mix,
    /// The caller who speaks loudest.
    Loudest,
}

/// How the agent answers text messages, until the caller speaks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
pub enum Answer {
    /// In speech, with captions of what is heard.
    #[default]
    #[serde(rename = "voice")]
    Spoken,
    /// In text only, without audio.
    #[serde(rename = "text")]
    Written,
}

/// Which of the callers who are heard are removed from the room when the agent ends the call. A
/// phone would otherwise stay connected to an empty room, and an app would wait for another agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dismiss {
    /// Phones.
    Telephones,
    /// All of them.
    #[default]
    Everybody,
    /// None of them.
    Nobody,
    /// All of them, by deleting the room, even if the agent did not end the call.
    Room,
}

/// What to do if two agents of the same name are in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SecondAgent {
    /// The agent that joined later leaves.
    #[default]
    Refuse,
    /// The agent that joined first leaves.
    Replace,
}

/// What happens to the agent's audio when the caller starts to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BargeIn {
    /// Playout is flushed at once.
    #[default]
    Immediate,
    /// Playout is paused. It is flushed if the API confirms the interruption, and resumed
    /// otherwise.
    Hold,
    /// Playout continues until the API confirms the interruption.
    Confirmed,
}

impl FromStr for BargeIn {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "immediate" => Ok(Self::Immediate),
            "hold" => Ok(Self::Hold),
            "confirmed" => Ok(Self::Confirmed),
            _ => Err("it must be immediate, hold or confirmed"),
        }
    }
}
