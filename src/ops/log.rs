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

/// How much is logged.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

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
    /// The filter is none; see [`is_filter`].
    #[error("the filter cannot be used")]
    Filter,
    /// Logging was started twice.
    #[error("logging cannot be started: {0}")]
    Start(String),
}

/// Starts logging for the process.
///
/// # Errors
/// [`LogError`] when the filter cannot be read, or logging was started before.
pub fn start(filter: Option<&str>, format: Format) -> Result<(), LogError> {
    let filter = EnvFilter::builder().parse(filter.unwrap_or(DEFAULT_FILTER));
    let filter = filter.map_err(|_| LogError::Filter)?;
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

/// Whether `text` can be a filter: levels, or targets with a level each. The library takes a lone
/// word that is no level for a target, and then nothing is logged.
pub fn is_filter(text: &str) -> bool {
    let has_level = |directive: &str| {
        let level = directive.rsplit('=').next().unwrap_or_default();
        let level = level.trim().to_ascii_lowercase();
        LEVELS.contains(&level.as_str())
    };
    // What stands in brackets has commas and equals signs of its own.
    let is_plain = !text.contains('[');
    let mut directives = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let has_levels = !is_plain || directives.clone().next().is_some() && directives.all(has_level);
    has_levels && EnvFilter::builder().parse(text).is_ok()
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
    fn a_filter_has_levels() {
        for good in [
            "info",
            "OFF",
            "debug,livekit=info",
            "parlor=debug,parlor::web=trace",
            "parlor[call{room}]=trace",
            "info,",
            DEFAULT_FILTER,
        ] {
            assert!(is_filter(good), "{good}");
        }
        for odd in ["verbose", "parlor", "info,verbose", "parlor=loud", "=", ","] {
            assert!(!is_filter(odd), "{odd}");
        }
    }

    #[test]
    fn what_is_private_never_appears() {
        let private = private();
        assert!(private.would_enable("parlor::tools", &Level::TRACE));
        assert!(private.would_enable("hyper::client", &Level::INFO));
        assert!(!private.would_enable("hyper::client", &Level::DEBUG));
        assert!(!private.would_enable("rmcp::service", &Level::ERROR));
    }
}
