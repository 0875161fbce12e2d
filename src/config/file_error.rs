//! Errors in an agent file.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

/// Why an agent file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read {}: {}", .path.display(), unreadable(.error))]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// The I/O error.
        error: std::io::Error,
    },
    /// The file is not valid TOML, has an unknown key or a value of the wrong type, or settings are
    /// invalid, for example because the API would reject them.
    #[error("{}", located(.path, .problems).join("; "))]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// All problems.
        problems: Vec<Problem>,
    },
}

/// One problem with an agent file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line number from 1, if the problem has a line.
    pub line: Option<usize>,
    /// What is wrong, without values, which may be secrets.
    pub message: String,
}

impl FileError {
    /// The file at `path` is not valid UTF-8.
    pub(super) fn not_utf8(path: PathBuf, error: &FromUtf8Error) -> Self {
        let before = error.as_bytes().iter();
        let before = before.take(error.utf8_error().valid_up_to());
        let problem = Problem {
            line: Some(1 + before.filter(|byte| **byte == b'\n').count()),
            message: "not valid UTF-8: save the file as UTF-8".to_owned(),
        };
        Self::Invalid {
            path,
            problems: vec![problem],
        }
    }

    /// One message per problem, each with the path of the file.
    pub(super) fn lines(self) -> Vec<String> {
        match self {
            Self::Invalid { path, problems } => located(&path, &problems),
            error => vec![error.to_string()],
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, ":{line}: {}", self.message),
            None => write!(f, ": {}", self.message),
        }
    }
}

fn located(path: &Path, problems: &[Problem]) -> Vec<String> {
    let line = |problem| format!("{}{problem}", path.display());
    problems.iter().map(line).collect()
}

fn unreadable(error: &std::io::Error) -> String {
    const SOURCE: &str = "check the path in --agent or PARLOR_AGENT";
    match error.kind() {
        ErrorKind::NotFound => format!("there is no such file; {SOURCE}"),
        ErrorKind::IsADirectory => format!("it is a directory; {SOURCE}"),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
