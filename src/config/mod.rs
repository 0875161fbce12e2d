//! The configuration, loaded completely before anything is opened: secrets and addresses from the
//! environment, the agent from the agent file. A flag beats the environment, which beats the file,
//! which beats the default. All configuration errors are reported together.

mod agent_file;
pub(crate) mod dotenv;
mod file_error;
mod mistakes;
mod reload;
mod toml_messages;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parlor_common::dial::Proxies;
use parlor_common::settings::{ConfigError, Reader, Source, read_proxies, variables};
use parlor_core::conversation::Settings;
use parlor_core::ids::Identity;
use parlor_core::secret::{Private, Secret};
use parlor_livekit::LiveKit;
use parlor_livekit::monitor::Access;
use parlor_livekit::soundtrack::Soundtrack;
use parlor_report::Reports;
use parlor_voice_agent::AgentApi;

use crate::definition::{Definition, Voices};
use agent_file::AgentFile;

pub use file_error::{FileError, Problem};
pub use reload::Reload;

/// Default path of the agent file. If it does not exist, the built-in agent file is used.
pub const DEFAULT_AGENT_FILE: &str = "agent.toml";

/// The complete configuration of a worker.
#[derive(Debug, Clone)]
pub struct Config {
    /// The LiveKit server.
    pub livekit: LiveKit,
    /// The Voice Agent API.
    pub api: AgentApi,
    /// Proxies between this machine and the servers.
    pub proxies: Proxies,
    /// Worker token, which LiveKit Cloud sets inside the containers it hosts.
    pub worker_token: Option<Secret>,
    /// The agent.
    pub agent: Agent,
    /// The agent file that describes it.
    pub agent_text: AgentText,
}

/// An agent with everything that the agent file configures.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    /// Participant name, shown to people in the room.
    pub name: String,
    /// Settings of each call.
    pub settings: Settings,
    /// Prompts, lines, tools and phases.
    pub definition: Arc<Definition>,
    /// Where reports and recordings of its calls go.
    pub reports: Reports,
    /// Sounds that callers hear besides its voice.
    pub soundtrack: Soundtrack,
    /// Who may watch its calls.
    pub monitor: Access,
}

/// The unparsed text of an agent file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentText {
    /// Path of the file.
    pub path: PathBuf,
    /// Content of the file.
    pub text: Private<String>,
}

/// Settings from command-line flags; each beats every other source.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Path of the agent file.
    pub agent_file: Option<PathBuf>,
    /// How long to wait for a caller in an empty room.
    pub caller_wait: Option<Duration>,
    /// Identity of the only participant the agent listens to.
    pub caller: Option<Identity>,
}

impl Config {
    /// Loads everything a worker needs.
    ///
    /// # Errors
    /// Every missing or invalid setting.
    pub fn load(source: &Source, overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let livekit = LiveKit::read(&mut reader);
        let api = AgentApi::read(&mut reader);
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
    /// Loads the agent file and the variables that override it.
    ///
    /// # Errors
    /// Every problem with them.
    pub fn load(source: &Source, overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let proxies = read_proxies(&mut reader);
        match (agent(&mut reader, overrides, &proxies), reader.problems) {
            (Some((agent, _)), problems) if problems.is_empty() => Ok(agent),
            (_, problems) => Err(ConfigError(problems)),
        }
    }

    /// Builds the agent that `file` describes, with secrets and overriding variables from `source`.
    ///
    /// # Errors
    /// Every problem with them.
    pub fn from_text(file: &AgentText, source: &Source) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(source);
        let proxies = read_proxies(&mut reader);
        let agent = build_agent(&mut reader, file, &Overrides::default(), &proxies);
        match (agent, reader.problems) {
            (Some(agent), problems) if problems.is_empty() => Ok(agent),
            (_, problems) => Err(ConfigError(problems)),
        }
    }

    /// Logs a warning for each template value that some callers may lack.
    pub fn log_warnings(&self) {
        for warning in self.definition.warnings() {
            tracing::warn!("{warning}");
        }
    }
}

impl Voices {
    /// Loads the voices that the agent file lets a dispatch choose. Needs none of its secrets.
    ///
    /// # Errors
    /// Every problem with the file.
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
    /// Reads the agent file: the one that is named, else `agent.toml` if it exists, else the
    /// built-in one.
    ///
    /// # Errors
    /// [`FileError::Read`], and [`FileError::Invalid`] if the file is not valid UTF-8.
    pub fn read(source: &Source, overrides: &Overrides) -> Result<Self, FileError> {
        let path = Self::path(source, overrides);
        let (path, text) = match path {
            Some(path) => {
                let bytes = std::fs::read(&path).map_err(|error| FileError::Read {
                    path: path.clone(),
                    error,
                })?;
                match String::from_utf8(bytes) {
                    Ok(text) => (path, text),
                    Err(error) => return Err(FileError::not_utf8(path, &error)),
                }
            }
            None => {
                let (path, text) = AgentFile::shipped();
                (path.to_owned(), text.to_owned())
            }
        };
        let text = text.into();
        Ok(Self { path, text })
    }

    /// Path of that file; `None` for the built-in one.
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
        Ok(text) => Some((build_agent(reader, &text, overrides, proxies)?, text)),
        Err(error) => {
            reader.problems.extend(error.lines());
            None
        }
    }
}

fn build_agent(
    reader: &mut Reader<'_>,
    file: &AgentText,
    overrides: &Overrides,
    proxies: &Proxies,
) -> Option<Agent> {
    let (path, text) = (&file.path, file.text.reveal());
    let agent = AgentFile::agent(path, text, reader.source(), proxies);
    let mut agent = match agent {
        Ok(agent) => agent,
        Err(error) => {
            reader.problems.extend(error.lines());
            return None;
        }
    };
    let settings = &mut agent.settings;
    if let Some(barge_in) = reader.parsed("PARLOR_BARGE_IN") {
        settings.barge_in = barge_in;
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
        reader.problem(variables::invalid_value(name));
    }
    duration
}
