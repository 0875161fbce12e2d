//! Settings from environment variables. All problems with them are reported together.

pub mod address;
mod proxies;
mod source;
pub mod variables;

use std::fmt;

pub use proxies::{proxies, read_proxies};
pub use source::{Reader, Source};
pub use variables::{VARIABLES, Variable};

/// All configuration errors, one message each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [problem] => write!(f, "invalid configuration: {problem}"),
            problems => {
                write!(f, "invalid configuration, {} problems:", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
