//! Logs: to stderr, as text on a terminal and as JSON elsewhere. No line holds what was said,
//! a token or a key.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Registry};

/// What is logged when nothing else is said: ours from `info` on, the native core's from `warn`.
const DEFAULT_FILTER: &str = "info,livekit=warn";

/// The crates whose lines hold nothing private.
const OURS: [&str; 3] = ["parlor", "parlor_core", "livekit"];

/// The crate that speaks MCP prints what servers say at every level; `tools::mcp` tells what matters.
const NEVER: &str = "rmcp";

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Format {
    /// What [`Format::Auto`] means here.
    pub fn resolve(self) -> Self {
        match self {
            Self::Auto if std::io::stderr().is_terminal() => Self::Text,
            Self::Auto => Self::Json,
            format => format,
        }
    }

    /// As `PARLOR_LOG_FORMAT` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// A filter or format that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is none.
    #[error("PARLOR_LOG is wrong: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Logging was started twice.
    #[error("logging cannot be started: {0}")]
    Start(String),
}

/// Starts logging for the process.
///
/// # Errors
/// [`LogError`] when the filter cannot be read, or logging was started before.
pub fn start(filter: Option<&str>, format: Format) -> Result<(), LogError> {
    let filter = EnvFilter::builder().parse(filter.unwrap_or(DEFAULT_FILTER))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_timer(SystemTime)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match format.resolve() {
        Format::Text => lines.compact().boxed(),
        Format::Auto | Format::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    Registry::default()
        .with(lines.with_filter(filter).with_filter(private()))
        .try_init()
        .map_err(|error| LogError::Start(error.to_string()))
}

/// Below `info`, libraries print the messages and headers that pass through them; those lines
/// never appear, whatever the filter says.
fn private() -> Targets {
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(OURS.map(|target| (target, LevelFilter::TRACE)))
        .with_target(NEVER, LevelFilter::OFF)
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("it must be auto, text or json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn what_is_private_never_appears() {
        let private = private();
        assert!(private.would_enable("parlor::tools", &Level::TRACE));
        assert!(private.would_enable("hyper::client", &Level::INFO));
        assert!(!private.would_enable("hyper::client", &Level::DEBUG));
        assert!(!private.would_enable("rmcp::service", &Level::ERROR));
    }
}
