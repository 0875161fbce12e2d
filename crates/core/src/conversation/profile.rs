//! The agent as it is for one caller.

use std::time::Duration;

use crate::secret::Private;
use crate::wire::agent::SessionConfig;

/// An agent for one caller: its phases, tools and limits. The default leaves everything to the API
/// and has no tools or limits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AgentProfile {
    /// Phase in which the call starts.
    pub first: Phase,
    /// Phases that the call can enter later.
    pub others: Vec<Phase>,
    /// Tools of all phases. The session configuration of a phase lists the tools that the model may
    /// use in it.
    pub tools: Vec<ToolRule>,
    /// Limits of the call.
    pub limits: Limits,
    /// Lines that the agent says or writes unprompted.
    pub lines: Lines,
    /// The agent's own voice, if the first phase has a voice that was chosen for this call. It is
    /// requested next if the API rejects the chosen voice.
    pub own_voice: Option<String>,
}

impl From<SessionConfig> for AgentProfile {
    /// An agent with a single phase, no tools and default limits.
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

/// A part of a call with its own prompt or tools.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Phase {
    /// Name of the phase, used by `set_state`.
    pub name: String,
    /// Configuration sent to the API. Greeting, voice and audio formats only apply in the first
    /// phase.
    pub session: SessionConfig,
    /// When callers get more time to answer.
    pub patience: Option<Patience>,
    /// The call enters this phase when the caller says any of these phrases. They are in lower
    /// case.
    pub when_caller_says: Vec<String>,
    /// The call enters this phase after any of these tools succeeds.
    pub after_tool: Vec<String>,
}

/// Longer end-of-turn silences while the agent expects a long answer such as a number or an
/// address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// The agent expects a long answer after it says any of these phrases. They are in lower case.
    pub after: Vec<String>,
    /// Silence that ends a finished sentence, in milliseconds, 50 to 10000.
    pub min_silence: u32,
    /// Silence that ends any turn, in milliseconds, 50 to 10000; longer than `min_silence`.
    pub max_silence: u32,
}

/// How a tool is run.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRule {
    /// Name of the tool, as the model knows it.
    pub name: String,
    /// What runs the tool.
    pub kind: ToolKind,
    /// Timeout. It must be shorter than the API's own timeout, which is 120 s unless configured.
    pub within: Duration,
    /// Send the result at once instead of waiting for the `reply.done` of the reply that called the
    /// tool.
    pub immediate: bool,
    /// Keep the tool running when the caller interrupts the reply that called it, and send the
    /// result later.
    pub survives_interruption: bool,
    /// The API keeps the agent silent until the result is sent.
    pub holds: bool,
    /// Lines that the agent says, one after the other, while the caller waits for the tool.
    pub fillers: Vec<Private<String>>,
    /// Delay before each filler.
    pub filler_after: Duration,
}

impl Default for ToolRule {
    /// A tool without a name that the driver runs with a timeout of 20 s.
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: ToolKind::External,
            within: Duration::from_secs(20),
            immediate: false,
            survives_interruption: false,
            holds: false,
            fillers: Vec::new(),
            filler_after: Duration::from_secs(3),
        }
    }
}

/// What runs a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolKind {
    /// The driver, on [`Action::RunTool`](super::Action::RunTool).
    External,
    /// The conversation: the call ends once the goodbye has been heard.
    EndCall,
    /// The conversation: the call enters the phase named by the argument `state`.
    SetState,
}

/// Limits of a call. By default only the limits against a model that loops on tool calls are set.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// How long the caller may be silent before the agent prompts the caller.
    pub idle: Option<Duration>,
    /// Maximum duration of the call, from the time the first session is ready.
    pub duration: Option<Duration>,
    /// Maximum number of caller turns.
    pub turns: Option<u32>,
    /// Maximum cost of the voice sessions, in the currency of `price`.
    pub cost: Option<f64>,
    /// Price of one hour of an open voice session.
    pub price: Option<f64>,
    /// Maximum number of tool calls.
    pub tool_calls: Option<u32>,
    /// Maximum number of tool calls in one reply.
    pub tool_calls_in_reply: u32,
    /// Maximum number of consecutive calls of one tool with the same arguments.
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

/// Lines that the agent says or writes unprompted. They are used verbatim.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// Said to a silent caller, one after the other. After the last one the call ends.
    pub idle: Vec<Private<String>>,
    /// Said before the agent or a limit ends the call.
    pub goodbye: Option<Private<String>>,
    /// Written to the caller while the service is at capacity.
    pub busy: Option<Private<String>>,
    /// Written to the caller when the connection to the service is lost.
    pub lost: Option<Private<String>>,
}
