//! Why an agent's file cannot be used.

use std::path::{Path, PathBuf};

/// Why an agent's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no TOML, or holds what it may not.
    #[error("{}:{line}: {message}", .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The API would refuse it.
    #[error("{}: {}", .path.display(), .problems.join("; "))]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problems: Vec<String>,
    },
}

impl FileError {
    /// What `error` says of `text`, with its line.
    pub(super) fn parse(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.as_bytes().iter().take(at);
        Self::Parse {
            path: path.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            message: without_values(error.message()),
        }
    }

    /// One line for each thing that is wrong.
    pub(super) fn lines(self) -> Vec<String> {
        match self {
            Self::Refused { path, problems } => {
                let line = |problem: String| format!("{}: {problem}", path.display());
                problems.into_iter().map(line).collect()
            }
            error => vec![error.to_string()],
        }
    }
}

/// What serde says, without the value it complains about: a header's secret can stand anywhere.
fn without_values(message: &str) -> String {
    let expected = || {
        message
            .rsplit_once(", expected ")
            .map(|(_, expected)| expected)
    };
    for wrong in ["invalid type: ", "invalid value: "] {
        if let (Some(rest), Some(expected)) = (message.strip_prefix(wrong), expected()) {
            let kind = rest.split([' ', ',']).next().unwrap_or_default();
            return format!("{wrong}{kind}, expected {expected}");
        }
    }
    match (message.strip_prefix("unknown variant "), expected()) {
        (Some(_), Some(expected)) => format!("unknown value, expected {expected}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_no_values() {
        let cases = [
            (
                "invalid type: string \"canary, expected b\", expected a map",
                "invalid type: string, expected a map",
            ),
            (
                "invalid value: integer `5`, expected a share",
                "invalid value: integer, expected a share",
            ),
            (
                "unknown variant `canary`, expected one of `a`, `b`",
                "unknown value, expected one of `a`, `b`",
            ),
            (
                "unknown field `x`, expected `y`",
                "unknown field `x`, expected `y`",
            ),
        ];
        for (message, shown) in cases {
            assert_eq!(without_values(message), shown);
        }
    }
}
