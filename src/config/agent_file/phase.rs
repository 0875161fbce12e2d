//! `[[phases]]` and `[patience]` of the agent file.

use std::collections::HashSet;

use parlor_core::conversation::Patience;
use parlor_core::secret::Private;
use parlor_core::wire::agent::{SessionConfig, Webhook};
use serde::Deserialize;

use super::AgentFile;
use super::session::{Listening, Turns, with_config_key};
use crate::definition::PhaseSpec;

/// Valid lengths of the silence that ends a turn, in milliseconds.
const SILENCE: std::ops::RangeInclusive<u32> = 50..=10_000;

/// `[[phases]]`. A key that is not set has the value of the first phase.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhaseEntry {
    pub(super) name: String,
    prompt: Option<Private<String>>,
    listening: Option<Listening>,
    turns: Option<Turns>,
    patience: Option<PatienceEntry>,
    tools: Option<Vec<String>>,
    #[serde(default)]
    when_caller_says: Vec<String>,
    #[serde(default)]
    after_tool: Vec<String>,
}

/// `[patience]`: longer silences before the turn ends while the agent expects a long answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatienceEntry {
    after: Vec<String>,
    min_silence: u32,
    max_silence: u32,
}

/// The phase in which a call begins.
pub(super) fn first(file: &AgentFile, name: String, webhook: Option<Webhook>) -> PhaseSpec {
    PhaseSpec {
        name,
        session: SessionConfig {
            agent_id: file.agent_id.clone(),
            input: Some(file.listening.input(file.turns.detection())),
            output: Some(file.voice.output()),
            webhook,
            ..SessionConfig::default()
        },
        prompt: file.prompt.clone(),
        greeting: file.greeting.clone(),
        patience: file.patience.as_ref().map(PatienceEntry::patience),
        tools: None,
        when_caller_says: Vec::new(),
        after_tool: Vec::new(),
    }
}

/// Problems of the phases of a file.
pub(super) fn problems(file: &AgentFile) -> Vec<String> {
    let mut problems = Vec::new();
    let first = file.phase.as_deref().unwrap_or(super::FIRST_PHASE);
    let mut names = HashSet::from([first]);
    for phase in &file.phases {
        if phase.name.trim().is_empty() || !names.insert(&phase.name) {
            problems.push(format!(
                "[[phases]] {:?}: each phase needs a unique name",
                phase.name
            ));
        }
        let session = SessionConfig {
            input: Some(phase.session(file).input.unwrap_or_default()),
            ..SessionConfig::default()
        };
        let wrong = session.problems();
        let wrong = wrong.iter().map(with_config_key);
        problems.extend(wrong.map(|it| format!("[[phases]] {:?}: {it}", phase.name)));
        if let Some(patience) = &phase.patience {
            problems.extend(patience.problems(&format!("[[phases]] {:?}: patience", phase.name)));
        }
    }
    problems
}

impl PhaseEntry {
    pub(super) fn spec(&self, file: &AgentFile) -> PhaseSpec {
        let patience = self.patience.as_ref().or(file.patience.as_ref());
        PhaseSpec {
            name: self.name.clone(),
            session: self.session(file),
            prompt: self.prompt.clone().or_else(|| file.prompt.clone()),
            greeting: None,
            patience: patience.map(PatienceEntry::patience),
            tools: self.tools.clone(),
            when_caller_says: lower(&self.when_caller_says),
            after_tool: self.after_tool.clone(),
        }
    }

    fn session(&self, file: &AgentFile) -> SessionConfig {
        let listening = self.listening.as_ref().unwrap_or(&file.listening);
        let turns = self.turns.as_ref().unwrap_or(&file.turns);
        SessionConfig {
            input: Some(listening.input(turns.detection())),
            output: Some(file.voice.output()),
            ..SessionConfig::default()
        }
    }
}

impl PatienceEntry {
    fn patience(&self) -> Patience {
        Patience {
            after: lower(&self.after),
            min_silence: self.min_silence,
            max_silence: self.max_silence,
        }
    }

    pub(super) fn problems(&self, key: &str) -> Option<String> {
        let in_range = SILENCE.contains(&self.min_silence) && SILENCE.contains(&self.max_silence);
        let is_right = in_range && self.min_silence < self.max_silence;
        (!is_right || self.after.is_empty()).then(|| {
            format!("{key} needs words in after, and min_silence below max_silence, both from 50 to 10000 ms")
        })
    }
}

fn lower(words: &[String]) -> Vec<String> {
    words.iter().map(|it| it.trim().to_lowercase()).collect()
}
