//! What the agent is for one caller.

use std::time::Duration;

use crate::secret::Private;
use crate::wire::agent::SessionConfig;

/// What the agent is for one caller, what it can become in the middle of the call, and what it
/// must not exceed. The default is an agent of the API's own choice without tools or limits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AgentProfile {
    /// What it is at first.
    pub first: Phase,
    /// What it can become.
    pub others: Vec<Phase>,
    /// What it can do besides speaking, in any phase; a phase's session says which of it the
    /// model is shown.
    pub tools: Vec<ToolRule>,
    /// What it must not exceed.
    pub limits: Limits,
    /// What it says of itself when nobody asks.
    pub lines: Lines,
    /// The agent's own voice, where the first phase has one that was chosen for this call: the next
    /// to ask for when the API refuses that one.
    pub own_voice: Option<String>,
}

impl From<SessionConfig> for AgentProfile {
    /// An agent that is always the same, without tools and limits of ours.
    fn from(session: SessionConfig) -> Self {
        let first = Phase {
            session,
            ..Phase::default()
        };
        Self {
            first,
            ..Self::default()
        }
    }
}

/// What the agent is for a part of the call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Phase {
    /// What `set_state` calls it.
    pub name: String,
    /// What the API is told. Greeting, voice and formats count in the first phase only.
    pub session: SessionConfig,
    /// When callers get longer to answer.
    pub patience: Option<Patience>,
    /// The call goes on in it after words of the caller that contain any of these, in lower case.
    pub when_caller_says: Vec<String>,
    /// The call goes on in it after any of these tools has done its work.
    pub after_tool: Vec<String>,
}

/// Longer silences while a long answer, such as a number or an address, is awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// The agent awaits one after words that contain any of these, in lower case.
    pub after: Vec<String>,
    /// Milliseconds of silence that end a finished sentence, 50 to 10000.
    pub min_silence: u32,
    /// Milliseconds of silence that end any turn, 50 to 10000; more than `min_silence`.
    pub max_silence: u32,
}

/// How a tool is used.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRule {
    /// What the model calls it.
    pub name: String,
    /// Who carries it out.
    pub kind: ToolKind,
    /// How long it may take; shorter than the API's own patience, which is 120 s unless set.
    pub within: Duration,
    /// Its answer does not wait for the `reply.done` of the reply that called.
    pub immediate: bool,
    /// It goes on when the caller interrupts the reply that called; its answer comes later.
    pub survives_interruption: bool,
    /// The API keeps the agent silent until it is answered.
    pub holds: bool,
    /// What the agent says while the caller waits, one after the other.
    pub fillers: Vec<Private<String>>,
    /// How long the caller waits before each of them.
    pub filler_after: Duration,
}

impl Default for ToolRule {
    /// A tool of the edges without a name that has 20 s.
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: ToolKind::Edge,
            within: Duration::from_secs(20),
            immediate: false,
            survives_interruption: false,
            holds: false,
            fillers: Vec::new(),
            filler_after: Duration::from_secs(3),
        }
    }
}

/// Who carries a tool out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolKind {
    /// An edge, on [`Action::RunTool`](super::Action::RunTool).
    Edge,
    /// The call itself: it ends once the goodbye was heard.
    EndCall,
    /// The call itself: it goes on in the phase that the argument `state` names.
    SetState,
}

/// What a call must not exceed; nothing by default, but for a model that goes in circles.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// How long the caller may be silent before the agent speaks up.
    pub idle: Option<Duration>,
    /// The length of the call, since the first session was ready.
    pub duration: Option<Duration>,
    /// Turns of the caller.
    pub turns: Option<u32>,
    /// The price of its voice sessions, in the currency of `price`.
    pub cost: Option<f64>,
    /// What an hour of an open voice session costs.
    pub price: Option<f64>,
    /// Calls of tools.
    pub tool_calls: Option<u32>,
    /// Calls of tools in one reply.
    pub tool_calls_in_reply: u32,
    /// Calls of one tool with the same arguments, one after the other.
    pub same_tool_calls: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: None,
            duration: None,
            turns: None,
            cost: None,
            price: None,
            tool_calls: None,
            tool_calls_in_reply: 8,
            same_tool_calls: 4,
        }
    }
}

/// What the agent says, or is written, without being asked. Each is said word for word.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// To a caller who is silent, one after the other; then the call ends.
    pub idle: Vec<Private<String>>,
    /// Before the call ends by a limit or by the agent.
    pub goodbye: Option<Private<String>>,
    /// Written to a caller for whom the service has no room yet.
    pub busy: Option<Private<String>>,
    /// Written to a caller whose connection to the service is interrupted.
    pub lost: Option<Private<String>>,
}
