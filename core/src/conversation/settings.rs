//! What one call is told from outside.

use std::time::Duration;

use super::failover::checkpoint::Checkpoint;
use super::playout::background::Sounds;
use super::profile::AgentProfile;
use crate::ids::Identity;

/// What one call is told from outside. The default keeps an empty room for ever and ends the
/// call as soon as the last caller has left.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// What the agent is, until [`Event::Brief`](super::Event::Brief) tells it for the caller.
    pub profile: AgentProfile,
    /// What the caller's voice does to the agent's.
    pub barge_in: BargeIn,
    /// How long an empty room is kept; `None` for ever.
    pub caller_wait: Option<Duration>,
    /// From the last caller's leaving to the end of the call: a page may be loaded again. A
    /// telephone that hangs up ends the call at once.
    pub caller_grace: Duration,
    /// The same when the caller did not leave but was lost.
    pub rejoin_grace: Duration,
    /// Whom the agent hears.
    pub hear: Hear,
    /// How it answers what callers write.
    pub chat: Answer,
    /// What the agent is called; without it, agents of the same name do not matter.
    pub agent_name: Option<String>,
    /// What happens when another agent of that name is in the room.
    pub second_agent: SecondAgent,
    /// What callers hear besides the agent's voice.
    pub sounds: Sounds,
    /// Who is taken out of the room when the agent ends the call.
    pub dismiss: Dismiss,
    /// The only one whom the agent listens to; without it whoever comes first.
    pub caller: Option<Identity>,
    /// Where another process had to leave the call.
    pub resume: Option<Checkpoint>,
    /// Whether [`Action::Checkpoint`](super::Action::Checkpoint) is wanted.
    pub checkpoints: bool,
}

/// Whom the agent hears of several callers. Whichever it is, one of them is linked: the agent's
/// words and tools are for that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Hear {
    /// The one who is linked.
    #[default]
    Linked,
    /// All of them at once.
    Mix,
    /// Whoever speaks loudest.
    Loudest,
}

/// How the agent answers what callers write, until they speak again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Answer {
    /// It says it, and the room is shown what is heard.
    #[default]
    Spoken,
    /// The room is shown it, and nothing is heard.
    Written,
}

/// Which of the callers who are heard are taken out of the room when the agent ends the call: a
/// telephone would stay connected to an empty room, and an app would wait for another agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dismiss {
    /// Telephones.
    Telephones,
    /// All of them.
    #[default]
    Everybody,
    /// Nobody.
    Nobody,
    /// Everybody, by deleting the room; also when it was not the agent that ended the call.
    Room,
}

/// What happens when two agents of the same name are in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SecondAgent {
    /// The one that came later leaves.
    #[default]
    Refuse,
    /// The one that was there leaves.
    Replace,
}

/// What happens to the agent's voice when the caller starts to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BargeIn {
    /// It is flushed at once.
    #[default]
    Immediate,
    /// It is held, flushed when the API confirms the interruption, and goes on otherwise.
    Hold,
    /// It plays on until the API confirms the interruption.
    Confirmed,
}
