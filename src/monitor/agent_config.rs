//! What the agent is, for those who may know.

use parlor_core::conversation::{AgentProfile, Phase};
use parlor_core::secret::Private;

/// What the agent is, and what it can become.
#[derive(Default)]
pub(super) struct AgentConfig {
    first: Part,
    others: Vec<Part>,
    /// The phase the call is in, if that is not the first.
    entered: Option<String>,
}

/// What the agent is in one phase.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) instructions: Option<Private<String>>,
    pub(super) tools: Vec<String>,
}

impl AgentConfig {
    /// It has changed.
    pub(super) fn set(&mut self, profile: &AgentProfile) {
        self.first = Part::from(&profile.first);
        self.others = profile.others.iter().map(Part::from).collect();
    }

    /// The call goes on in a phase; the name of the one before.
    pub(super) fn enter(&mut self, phase: &str) -> String {
        let before = self.now().name.clone();
        self.entered = Some(phase.to_owned());
        before
    }

    /// What it is at the moment.
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
