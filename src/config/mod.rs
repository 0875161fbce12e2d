//! Settings, read whole before anything is opened: secrets and addresses from the environment,
//! what the agent is from `agent.toml`. A flag beats the environment, which beats the file,
//! which beats the default. All that is wrong is told together.

pub(crate) mod address;
mod agent_file;
mod barge_in;
pub(crate) mod dotenv;
mod file_error;
mod proxies;
mod reload;
mod servers;
mod source;
pub(crate) mod variables;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parlor_core::conversation::Settings;
use parlor_core::ids::Identity;
use parlor_core::secret::{Private, Secret};

use crate::definition::{Definition, Voices};
use crate::dial::Proxies;
use crate::monitor::Access;
use crate::report::Reports;
use crate::soundtrack::Soundtrack;
use agent_file::AgentFile;
use barge_in::BargeInName;
use source::Reader;

pub use file_error::FileError;
pub(crate) use proxies::proxies;
pub use reload::Reload;
pub use servers::{AgentApi, DEFAULT_BASE_URL, LiveKit};
pub use source::Source;
pub use variables::{VARIABLES, Variable};

/// The agent's file when nothing else is said; without it, the one that comes with Parlor counts.
pub const DEFAULT_AGENT_FILE: &str = "agent.toml";

/// What one worker needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The rooms.
    pub livekit: LiveKit,
    /// The voice.
    pub api: AgentApi,
    /// What stands between here and the rooms.
    pub proxies: Proxies,
    /// Set inside containers that LiveKit Cloud hosts.
    pub worker_token: Option<Secret>,
    /// Who the agent is.
    pub agent: Agent,
    /// The file that says so.
    pub agent_text: AgentText,
}

/// Who the agent is and how it behaves.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    /// Shown to people in the room.
    pub name: String,
    /// For each call.
    pub settings: Settings,
    /// What it says and can do.
    pub definition: Arc<Definition>,
    /// What is kept of its calls.
    pub reports: Reports,
    /// What callers hear besides its voice.
    pub soundtrack: Soundtrack,
    /// Who may watch its calls.
    pub monitor: Access,
}

/// An agent's file as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentText {
    /// Where it stands.
    pub path: PathBuf,
    /// What it says.
    pub text: Private<String>,
}

/// Settings that a command line may give; each beats everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The agent's file.
    pub agent_file: Option<PathBuf>,
    /// How long an empty room is kept.
    pub caller_wait: Option<Duration>,
    /// The only one whom the agent listens to.
    pub caller: Option<Identity>,
}

/// All that is wrong with the settings, a line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [problem] => write!(f, "a setting is wrong: {problem}"),
            problems => {
                write!(f, "{} settings are wrong:", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl Config {
    /// Reads everything a worker needs.
    ///
    /// # Errors
    /// Everything that is missing or wrong.
    pub fn load(source: &Source, overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let livekit = servers::livekit(&mut reader);
        let api = servers::agent_api(&mut reader);
        let proxies = api.proxies.clone();
        let worker_token = reader.key("LIVEKIT_WORKER_TOKEN");
        let agent = agent(&mut reader, overrides, &proxies);
        match (agent, reader.problems) {
            (Some((agent, agent_text)), problems) if problems.is_empty() => Ok(Self {
                livekit,
                api,
                proxies,
                worker_token,
                agent,
                agent_text,
            }),
            (_, problems) => Err(ConfigError(problems)),
        }
    }
}

impl Agent {
    /// Reads the agent's file and the variables that beat it.
    ///
    /// # Errors
    /// What of it is wrong.
    pub fn load(source: &Source, overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let proxies = proxies::read(&mut reader);
        match (agent(&mut reader, overrides, &proxies), reader.problems) {
            (Some((agent, _)), problems) if problems.is_empty() => Ok(agent),
            (_, problems) => Err(ConfigError(problems)),
        }
    }

    /// The agent that `file` describes, with secrets and the variables that beat it from `source`.
    ///
    /// # Errors
    /// What of it is wrong.
    pub fn of(file: &AgentText, source: &Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let proxies = proxies::read(&mut reader);
        let agent = described(&mut reader, file, &Overrides::default(), &proxies);
        match (agent, reader.problems) {
            (Some(agent), problems) if problems.is_empty() => Ok(agent),
            (_, problems) => Err(ConfigError(problems)),
        }
    }

    /// Logs what its callers may miss in what it says.
    pub fn log_warnings(&self) {
        for warning in self.definition.warnings() {
            tracing::warn!("{warning}");
        }
    }
}

impl Voices {
    /// Reads which voices the agent's file lets a dispatch choose; needs none of its secrets.
    ///
    /// # Errors
    /// What of the file is wrong.
    pub fn load(source: &Source, overrides: &Overrides) -> Result<Self, ConfigError> {
        let file = AgentText::read(source, overrides);
        let file = file.and_then(|it| AgentFile::parse(&it.path, it.text.reveal()));
        match file {
            Ok(file) => Ok(file.voices()),
            Err(error) => Err(ConfigError(error.lines())),
        }
    }
}

impl AgentText {
    /// Reads the file that counts: the one that is named, else `agent.toml` if it is there, else
    /// the one that comes with Parlor.
    ///
    /// # Errors
    /// [`FileError::Read`]
    pub fn read(source: &Source, overrides: &Overrides) -> Result<Self, FileError> {
        let path = Self::path(source, overrides);
        let (path, text) = match path {
            Some(path) => {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|error| FileError::Read {
                    path: path.clone(),
                    error,
                })?;
                (path, text)
            }
            None => {
                let (path, text) = AgentFile::shipped();
                (path.to_owned(), text.to_owned())
            }
        };
        let text = text.into();
        Ok(Self { path, text })
    }

    /// The file that counts, unless it is the one that comes with Parlor.
    fn path(source: &Source, overrides: &Overrides) -> Option<PathBuf> {
        let named = overrides.agent_file.clone();
        let named = named.or_else(|| source.text("PARLOR_AGENT").map(PathBuf::from));
        let default = Path::new(DEFAULT_AGENT_FILE);
        named.or_else(|| default.exists().then(|| default.to_owned()))
    }
}

fn agent(
    reader: &mut Reader<'_>,
    overrides: &Overrides,
    proxies: &Proxies,
) -> Option<(Agent, AgentText)> {
    match AgentText::read(reader.source(), overrides) {
        Ok(text) => Some((described(reader, &text, overrides, proxies)?, text)),
        Err(error) => {
            reader.problems.extend(error.lines());
            None
        }
    }
}

fn described(
    reader: &mut Reader<'_>,
    file: &AgentText,
    overrides: &Overrides,
    proxies: &Proxies,
) -> Option<Agent> {
    let parsed = AgentFile::parse(&file.path, file.text.reveal());
    let agent = parsed.and_then(|it| it.into_agent(&file.path, reader.source(), proxies));
    let mut agent = match agent {
        Ok(agent) => agent,
        Err(error) => {
            reader.problems.extend(error.lines());
            return None;
        }
    };
    let settings = &mut agent.settings;
    if let Some(barge_in) = reader.parsed::<BargeInName>("PARLOR_BARGE_IN") {
        settings.barge_in = barge_in.into();
    }
    if let Some(grace) = seconds(reader, "PARLOR_CALLER_GRACE") {
        settings.caller_grace = grace;
    }
    let caller = reader.text("PARLOR_CALLER").map(|it| it.as_str().into());
    let caller = overrides.caller.clone().or(caller);
    settings.caller = caller.or_else(|| settings.caller.take());
    let wait = seconds(reader, "PARLOR_CALLER_WAIT");
    settings.caller_wait = overrides.caller_wait.or(wait).or(settings.caller_wait);
    Some(agent)
}

fn seconds(reader: &mut Reader<'_>, name: &str) -> Option<Duration> {
    let seconds: f64 = reader.parsed(name)?;
    let duration = agent_file::seconds(Some(seconds));
    if duration.is_none() {
        reader.problem(variables::wrong(name));
    }
    duration
}
