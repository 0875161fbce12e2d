//! Scenarios: behaviour beyond the protocol, or against it. Each is a TOML file.
//!
//! A scenario is a list of steps. Each step waits for a message or a moment, and then takes one
//! action:
//!
//! ```toml
//! about = "The connection is cut between a tool call and its reply.done."
//! expect = "resumed"       # what the call does then, if that is worth saying
//!
//! [[step]]
//! on = "caller.stops"      # see below
//! do.tool = [{ name = "book_table", arguments = { people = 2 } }]
//!
//! [[step]]
//! on = "tool.call"
//! when = { name = "book_table" } # only messages with these fields count; see below
//! nth = 1                  # which of them in a session: one, several `[1, 3]`, or 0 for each
//! session = 1              # which connection of the simulator, in the same way
//! after_ms = 50            # how long after; or `before = true`: before it is sent or heard
//! do.cut = true
//! ```
//!
//! `on` is the type of a message that the simulator sends or receives; `sent` for every message
//! that it sends; or a moment: `connect`, `caller.starts`, `caller.stops`, `caller.interrupts`.
//! Messages sent by a step do not count. A field in `when` may be nested, as in
//! `"session.tools.0.name"`, and the value `"$any"` matches any value that is not null. The actions
//! are listed at [`format::Action`].
//!
//! A scenario may also set `burst = true` (audio is sent at once) and `odd_chunks = true` (chunks
//! of audio split samples), and define stored agents with `[agents.agent_…]` tables.

mod bundled;
mod check;
mod format;
mod plan;
mod progress;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub use format::Expect;
pub(super) use format::{Action, Close, Step, ToolCall};
pub(super) use plan::{Plan, Planned};
pub(super) use progress::{DueStep, DueSteps, Progress};

/// Maximum size of a file, in bytes.
const LONGEST: u64 = 1 << 20;

/// Behaviour of the simulator beyond the protocol, or against it.
#[derive(Debug, Clone)]
pub struct Scenario {
    about: String,
    expect: Option<Expect>,
    pub(super) burst: bool,
    pub(super) odd_chunks: bool,
    pub(super) agents: Vec<StoredAgent>,
    pub(super) steps: Vec<Arc<Step>>,
}

/// An agent stored at the API.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAgent {
    /// Id: `agent_` and 32 hexadecimal digits.
    pub id: String,
    /// Session configuration, as in `session.update`; may include tools that the server runs
    /// itself.
    pub config: Value,
}

/// Why a scenario could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{}: {error}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        error: std::io::Error,
    },
    /// The file is not valid TOML, or not a valid scenario.
    #[error("{name}:{line}: {message}")]
    Wrong {
        /// Path of the file, or name of the scenario.
        name: String,
        /// Line number, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
}

impl Scenario {
    /// Parses a scenario.
    ///
    /// # Errors
    /// If it is not valid TOML or not a valid scenario; the error has the line.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        Self::named("scenario", text)
    }

    /// Reads a scenario from a file of at most 1 MiB.
    ///
    /// # Errors
    /// If the file cannot be read, and as for [`Scenario::parse`].
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let failed = |error| ScenarioError::Read {
            path: path.to_owned(),
            error,
        };
        if std::fs::metadata(path).map_err(failed)?.len() > LONGEST {
            return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::named(&path.display().to_string(), &text)
    }

    /// The bundled scenario with this name.
    pub fn bundled(name: &str) -> Option<Self> {
        let (name, text) = bundled::ALL.iter().find(|(known, _)| *known == name)?;
        Some(Self::named(name, text).expect("a bundled scenario is valid"))
    }

    /// The names of all bundled scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        bundled::ALL.iter().map(|(name, _)| *name)
    }

    /// Description in one sentence.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Expected effect on the call, if the scenario defines one.
    pub fn expect(&self) -> Option<&Expect> {
        self.expect.as_ref()
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    fn named(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let wrong = |at: usize, message: String| ScenarioError::Wrong {
            name: name.to_owned(),
            line: line(text, at),
            message,
        };
        let file: format::File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, error.message().to_owned())
        })?;
        for step in &file.steps {
            check::step(step.get_ref()).map_err(|message| wrong(step.span().start, message))?;
        }
        let agent = |(id, config)| StoredAgent { id, config };
        let steps = file.steps.into_iter().map(toml::Spanned::into_inner);
        Ok(Self {
            about: file.about,
            expect: file.expect,
            burst: file.burst,
            odd_chunks: file.odd_chunks,
            agents: file.agents.into_iter().map(agent).collect(),
            steps: steps.map(Arc::new).collect(),
        })
    }
}

/// The number of the line of `text` that contains byte `at`, from 1.
fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}
