//! The agent file, `agent.toml`.

mod limits;
mod phase;
mod room;
mod session;
mod tool;
mod voice;

use std::path::Path;

use parlor_common::dial::Proxies;
use parlor_common::settings::Source;
use parlor_core::conversation::Settings;
use parlor_core::secret::Private;
use parlor_core::wire::agent::{SessionConfig, Webhook};
use parlor_livekit::monitor::Access;
use parlor_livekit::soundtrack::Soundtrack;
use parlor_report::ReportSpec;
use parlor_tools::mcp::McpSpec;
use serde::Deserialize;

use super::file_error::{FileError, Problem};
use super::mistakes::{self, Reading};
use super::{Agent, DEFAULT_AGENT_FILE};
use crate::definition::{AgentSpec, Definition, LinesSpec, Voices};

use limits::Limits;
pub(super) use limits::seconds;
use phase::{PatienceEntry, PhaseEntry};
use room::RoomEntry;
use session::{Listening, Turns, with_config_key};
use tool::ToolEntry;
use voice::Voice;

/// Default participant name of the agent.
const DEFAULT_NAME: &str = "Parlor";

/// Default name of the phase in which a call begins.
const FIRST_PHASE: &str = "start";

/// The built-in agent file.
const SHIPPED: &str = include_str!("../../../agent.toml");

/// A parsed agent file. Every key is optional; unknown keys are an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AgentFile {
    name: Option<String>,
    agent_id: Option<String>,
    prompt: Option<Private<String>>,
    greeting: Option<Private<String>>,
    voice: Voice,
    listening: Listening,
    turns: Turns,
    room: RoomEntry,
    sounds: Soundtrack,
    patience: Option<PatienceEntry>,
    limits: Limits,
    lines: LinesSpec,
    phase: Option<String>,
    phases: Vec<PhaseEntry>,
    tools: Vec<ToolEntry>,
    mcp: Vec<McpSpec>,
    webhook: Option<WebhookEntry>,
    report: ReportSpec,
    monitor: Access,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookEntry {
    url: String,
    events: Vec<String>,
    secret: Option<String>,
}

impl AgentFile {
    /// Path and text of the built-in agent file, used if there is no other.
    pub(super) fn shipped() -> (&'static Path, &'static str) {
        (Path::new(DEFAULT_AGENT_FILE), SHIPPED)
    }

    /// Parses and checks the `text` of the file at `path`.
    ///
    /// # Errors
    /// [`FileError::Invalid`] with all problems.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let Reading { file, problems } = Self::read(text);
        reject_if_any(path, problems)?;
        Ok(file)
    }

    /// Builds the agent that the `text` of the file at `path` describes, with secrets from `source`.
    ///
    /// # Errors
    /// [`FileError::Invalid`] with all problems of the file, its templates, tools and secrets.
    pub(super) fn agent(
        path: &Path,
        text: &str,
        source: &Source,
        proxies: &Proxies,
    ) -> Result<Agent, FileError> {
        let Reading { file, mut problems } = Self::read(text);
        let agent = file.into_agent(source, proxies);
        let agent = agent.map_err(|wrong| problems.extend(at_lines(text, wrong)));
        reject_if_any(path, problems)?;
        Ok(agent.unwrap_or_default())
    }

    /// Parses and checks `text`.
    fn read(text: &str) -> Reading<Self> {
        let mut reading = mistakes::read::<Self>(text);
        let problems = at_lines(text, reading.file.problems());
        reading.problems.extend(problems);
        reading
    }

    /// Builds the agent, with secrets from `source`.
    fn into_agent(self, source: &Source, proxies: &Proxies) -> Result<Agent, Vec<String>> {
        let mut problems = Vec::new();
        let webhook = self.webhook(source, &mut problems);
        let first = self.phase.clone().unwrap_or_else(|| FIRST_PHASE.to_owned());
        let others = self.phases.iter();
        let phase_names: Vec<_> = std::iter::once(first.clone())
            .chain(others.map(|phase| phase.name.clone()))
            .collect();
        let spec = AgentSpec {
            first: phase::first(&self, first, webhook),
            others: self.phases.iter().map(|it| it.spec(&self)).collect(),
            voices: self.voices(),
            tools: self.tools.iter().map(|it| it.spec(&phase_names)).collect(),
            mcp: self.mcp.clone(),
            limits: self.limits.call(),
            lines: self.lines.clone(),
        };
        let definition = Definition::new(spec, source, proxies);
        let definition = definition.map_err(|wrong| problems.extend(wrong)).ok();
        let reports = self.report.build(source);
        let reports = reports.map_err(|wrong| problems.extend(wrong)).ok();
        if !problems.is_empty() {
            return Err(problems);
        }
        let defaults = Settings::default();
        let settings = Settings {
            barge_in: self.turns.barge_in.unwrap_or(defaults.barge_in),
            caller_wait: self.limits.caller_wait().or(defaults.caller_wait),
            caller_grace: self.limits.caller_grace(),
            rejoin_grace: self.limits.rejoin_grace(),
            hear: self.room.hear,
            chat: self.room.chat,
            caller: self.room.caller(),
            dismiss: self.limits.dismiss,
            sounds: self.sounds.sounds(),
            ..defaults
        };
        Ok(Agent {
            name: self.name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
            settings,
            definition: definition.unwrap_or_default().into(),
            reports: reports.unwrap_or_default(),
            soundtrack: self.sounds,
            monitor: self.monitor,
        })
    }

    /// Voices that a dispatch may choose. An agent that is stored at the API keeps its own voice,
    /// because its session is opened with nothing but its id.
    pub(super) fn voices(&self) -> Voices {
        match self.agent_id {
            Some(_) => Voices::Own,
            None => self.voice.voices(),
        }
    }

    fn webhook(&self, source: &Source, problems: &mut Vec<String>) -> Option<Webhook> {
        let entry = self.webhook.as_ref()?;
        let secret = entry.secret.as_ref().and_then(|name| {
            let secret = source.secret(name);
            if secret.is_none() {
                problems.push(format!(
                    "[webhook] secret: the environment variable {name} is not set"
                ));
            }
            secret
        });
        Some(Webhook {
            url: entry.url.clone(),
            events: entry.events.clone(),
            secret,
        })
    }

    /// Problems of the file: values that the API would reject, invalid limits, tools and phases.
    fn problems(&self) -> Vec<String> {
        let session = SessionConfig {
            input: Some(self.listening.input(self.turns.detection())),
            output: Some(self.voice.output()),
            ..SessionConfig::default()
        };
        let mut problems: Vec<_> = session.problems().iter().map(with_config_key).collect();
        problems.extend(self.voice.problems());
        problems.extend(self.limits.problems());
        problems.extend(self.lines.problems());
        problems.extend(self.room.problems());
        if let Some(patience) = &self.patience {
            problems.extend(patience.problems("[patience]"));
        }
        problems.extend(phase::problems(self));
        for (nth, tool) in self.tools.iter().enumerate() {
            problems.extend(tool.problems(nth));
        }
        problems
    }
}

/// The messages with the lines of `text` that they are about, as far as those are known.
fn at_lines(text: &str, messages: Vec<String>) -> impl Iterator<Item = Problem> {
    messages.into_iter().map(move |message| Problem {
        line: mistakes::line_of(text, &message),
        message,
    })
}

/// Fails with the problems, if there are any, in the order of the file; those without a line first.
fn reject_if_any(path: &Path, mut problems: Vec<Problem>) -> Result<(), FileError> {
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort_by_key(|problem| problem.line);
    Err(FileError::Invalid {
        path: path.to_owned(),
        problems,
    })
}

fn trimmed(words: &Private<String>) -> Private<String> {
    Private::new(words.reveal().trim().to_owned())
}
