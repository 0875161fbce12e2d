//! Logging to stderr: text on a terminal, JSON elsewhere. No line contains speech, tokens or keys.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Registry};

/// Default filter: `info` and above, but `warn` and above from the native core.
const DEFAULT_FILTER: &str = "info,livekit=warn";

/// Log levels.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Crates whose log lines contain no private data at any level.
const OURS: [&str; 3] = ["parlor", "parlor_core", "livekit"];

/// The MCP client crate, which logs messages of servers at every level; `tools::mcp` logs what
/// matters.
const NEVER: &str = "rmcp";

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// Compact text for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Format {
    /// Replaces [`Format::Auto`] with the format it selects for this process.
    pub fn resolve(self) -> Self {
        match self {
            Self::Auto if std::io::stderr().is_terminal() => Self::Text,
            Self::Auto => Self::Json,
            format => format,
        }
    }

    /// The value of `PARLOR_LOG_FORMAT` for this format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is invalid; see [`is_filter`].
    #[error("invalid log filter: set a level such as info, or target=level pairs")]
    Filter,
    /// Logging has already been started.
    #[error("cannot start logging: {0}")]
    Start(String),
}

/// Starts logging for the whole process. `filter` uses the syntax of [`EnvFilter`]; `None` selects
/// the default.
///
/// # Errors
/// [`LogError`] if the filter is invalid, or if logging has already been started.
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

/// Returns whether `text` is a valid filter: levels, or targets with a level each. The library
/// would take a lone word that is not a level for a target, and log nothing.
pub fn is_filter(text: &str) -> bool {
    let has_level = |directive: &str| {
        let level = directive.rsplit('=').next().unwrap_or_default();
        let level = level.trim().to_ascii_lowercase();
        LEVELS.contains(&level.as_str())
    };
    // Span filters in brackets may contain commas and equals signs.
    let is_plain = !text.contains('[');
    let mut directives = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let has_levels = !is_plain || directives.clone().next().is_some() && directives.all(has_level);
    has_levels && EnvFilter::builder().parse(text).is_ok()
}

/// Suppresses the lines of other crates below `info`, whatever the filter says: libraries log
/// message contents and headers there.
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
    fn private_lines_are_always_suppressed() {
        let private = private();
        assert!(private.would_enable("parlor::tools", &Level::TRACE));
        assert!(private.would_enable("hyper::client", &Level::INFO));
        assert!(!private.would_enable("hyper::client", &Level::DEBUG));
        assert!(!private.would_enable("rmcp::service", &Level::ERROR));
    }
}
