//! Errors in an agent file.

use std::path::{Path, PathBuf};

/// Why an agent file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// The I/O error.
        error: std::io::Error,
    },
    /// The file is not valid TOML, or it has an unknown key or a value of the wrong type.
    #[error("{}:{line}: {message}", .path.display())]
    Parse {
        /// Path of the file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// The error in that line, without values.
        message: String,
    },
    /// Settings are invalid, for example because the API would reject them.
    #[error("{}: {}", .path.display(), .problems.join("; "))]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// One message per problem.
        problems: Vec<String>,
    },
}

impl FileError {
    /// Converts the parser's `error` about `text`, and finds its line.
    pub(super) fn parse(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.as_bytes().iter().take(at);
        Self::Parse {
            path: path.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            message: without_values(error.message()),
        }
    }

    /// One message per problem, each with the path of the file.
    pub(super) fn lines(self) -> Vec<String> {
        match self {
            Self::Invalid { path, problems } => {
                let line = |problem: String| format!("{}: {problem}", path.display());
                problems.into_iter().map(line).collect()
            }
            error => vec![error.to_string()],
        }
    }
}

/// serde's message without the invalid value, which may be a secret.
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
    fn messages_do_not_contain_values() {
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
