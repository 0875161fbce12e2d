//! The agent's phases, with their instructions and tools, as monitoring clients see them.

use parlor_core::conversation::{AgentProfile, Phase};
use parlor_core::secret::Private;

/// The agent's first phase, its other phases, and which one the call is in.
#[derive(Default)]
pub(super) struct AgentConfig {
    first: Part,
    others: Vec<Part>,
    /// Name of the phase that the call has entered; `None` in the first phase.
    entered: Option<String>,
}

/// Name, instructions and tools of one phase.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) instructions: Option<Private<String>>,
    pub(super) tools: Vec<String>,
}

impl AgentConfig {
    /// Replaces the phases with those of `profile`.
    pub(super) fn set(&mut self, profile: &AgentProfile) {
        self.first = Part::from(&profile.first);
        self.others = profile.others.iter().map(Part::from).collect();
    }

    /// Enters a phase and returns the name of the previous one.
    pub(super) fn enter(&mut self, phase: &str) -> String {
        let before = self.now().name.clone();
        self.entered = Some(phase.to_owned());
        before
    }

    /// The current phase.
    pub(super) fn now(&self) -> &Part {
        let entered = self.entered.as_deref();
        let is_entered = |part: &&Part| Some(part.name.as_str()) == entered;
        self.others.iter().find(is_entered).unwrap_or(&self.first)
    }
}

impl From<&Phase> for Part {
    fn from(phase: &Phase) -> Self {
        let tools = phase.session.tools.iter().flatten();
        Self {
            name: phase.name.clone(),
            instructions: phase.session.system_prompt.clone(),
            tools: tools.map(|tool| tool.name.clone()).collect(),
        }
    }
}
