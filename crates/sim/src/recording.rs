//! Recordings of the messages of the simulator's WebSockets: one JSON object per line.
//!
//! ```json
//! {"ms":12,"from":"server","session":1,"message":{"type":"session.updated"}}
//! ```
//!
//! `ms` counts from the start of the connection. Instead of `message` there may be `text` (not
//! JSON), `close` (a close code), or `cut` (the connection ended without a close frame).

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Maximum size of a recording, in bytes.
pub(super) const LONGEST: u64 = 1 << 30;

/// One line of a recording.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) ms: u64,
    pub(super) from: From,
    pub(super) session: u64,
    #[serde(flatten)]
    pub(super) what: What,
}

/// Sender of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    Client,
    Server,
}

/// Recorded event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    Message(Value),
    Text(String),
    Close(u16),
    Cut(bool),
}

/// A recording made by the simulator; clones share it.
#[derive(Debug, Clone)]
pub struct Recording(Arc<BTreeMap<u64, Vec<Line>>>);

/// Why a recording could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{}: {error}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        error: std::io::Error,
    },
    /// A line is invalid.
    #[error("line {line} is not a valid line of a recording")]
    Line {
        /// Line number, from 1.
        line: usize,
    },
}

impl Recording {
    /// Reads a recording from a file of at most 1 GiB.
    ///
    /// # Errors
    /// If the file cannot be read, and as for [`Recording::parse`].
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let failed = |error| RecordingError::Read {
            path: path.to_owned(),
            error,
        };
        if std::fs::metadata(path).map_err(failed)?.len() > LONGEST {
            return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(failed)?)
    }

    /// Parses a recording.
    ///
    /// # Errors
    /// If a line is invalid.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut sessions = BTreeMap::<_, Vec<_>>::new();
        for (number, line) in text.lines().enumerate() {
            let wrong = |_| RecordingError::Line { line: number + 1 };
            let line: Line = serde_json::from_str(line).map_err(wrong)?;
            sessions.entry(line.session).or_default().push(line);
        }
        Ok(Self(Arc::new(sessions)))
    }

    /// The lines of one session, without the client's audio.
    pub(super) fn session(&self, number: u64) -> VecDeque<Line> {
        let lines = self.0.get(&number).into_iter().flatten();
        let is_audio = |line: &&Line| line.what.kind() == Some("input.audio");
        lines.filter(|line| !is_audio(line)).cloned().collect()
    }
}

impl What {
    /// The type of a message.
    pub(super) fn kind(&self) -> Option<&str> {
        match self {
            Self::Message(message) => message["type"].as_str(),
            Self::Text(_) | Self::Close(_) | Self::Cut(_) => None,
        }
    }
}
