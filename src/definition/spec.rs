//! An agent as written in the agent file, before templates are parsed and tools are built.

use parlor_core::conversation::{Limits, Patience};
use parlor_core::secret::Private;
use parlor_core::wire::agent::SessionConfig;
use parlor_tools::ToolSpec;
use parlor_tools::mcp::McpSpec;
use serde::Deserialize;

use super::voices::Voices;

/// An agent as written in the agent file.
#[derive(Debug, Clone, Default)]
pub struct AgentSpec {
    /// The phase in which a call begins.
    pub first: PhaseSpec,
    /// The other phases.
    pub others: Vec<PhaseSpec>,
    /// Voices that a dispatch may choose.
    pub voices: Voices,
    /// The agent's own tools.
    pub tools: Vec<ToolSpec>,
    /// MCP servers whose tools the agent can use.
    pub mcp: Vec<McpSpec>,
    /// Limits of a call.
    pub limits: Limits,
    /// What the agent says without being asked.
    pub lines: LinesSpec,
}

/// A phase as written in the agent file.
#[derive(Debug, Clone, Default)]
pub struct PhaseSpec {
    /// Name of the phase, as `set_state` uses it.
    pub name: String,
    /// Session settings for the API, without prompt, greeting and tools.
    pub session: SessionConfig,
    /// Template of the system prompt.
    pub prompt: Option<Private<String>>,
    /// Template of the greeting.
    pub greeting: Option<Private<String>>,
    /// When callers get more time to answer.
    pub patience: Option<Patience>,
    /// Names of the tools that the model is shown, with `*` as a wildcard; all tools if `None`.
    pub tools: Option<Vec<String>>,
    /// The call enters the phase when the caller says any of these.
    pub when_caller_says: Vec<String>,
    /// The call enters the phase when any of these tools has finished its work.
    pub after_tool: Vec<String>,
}

/// `[lines]`: what the agent says or writes without being asked. Each line is a template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinesSpec {
    /// Said to a silent caller, one after the other.
    pub idle: Vec<Private<String>>,
    /// Said before the call ends.
    pub goodbye: Option<Private<String>>,
    /// Written while the service is full.
    pub busy: Option<Private<String>>,
    /// Written while the connection to the service is interrupted.
    pub lost: Option<Private<String>>,
}

impl LinesSpec {
    /// Problems of the lines, without those of their templates.
    pub fn problems(&self) -> Vec<String> {
        let single = [&self.goodbye, &self.busy, &self.lost];
        let is_empty = |line: &Private<String>| line.reveal().trim().is_empty();
        match self
            .idle
            .iter()
            .chain(single.into_iter().flatten())
            .any(is_empty)
        {
            true => vec!["[lines] must not contain empty lines".to_owned()],
            false => Vec::new(),
        }
    }
}
