//! Records the messages of the simulator's WebSockets to a file.

use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::recording::{From, LONGEST, Line, What};

/// Lines that may wait to be written; beyond that, connections wait.
const WAITING: usize = 1_024;

/// Sends lines to the recorder; clones write to the same file.
#[derive(Debug, Clone)]
pub(super) struct RecordingSender(mpsc::Sender<Line>);

/// Writes the file.
#[derive(Debug)]
pub(super) struct Recorder {
    path: PathBuf,
    file: BufWriter<File>,
    lines: mpsc::Receiver<Line>,
}

/// Records one connection.
#[derive(Debug)]
pub(super) struct ConnectionRecorder {
    recording_sender: RecordingSender,
    session: u64,
    began: Instant,
}

impl RecordingSender {
    /// Creates a recording, replacing an existing file.
    pub(super) async fn new(path: &Path) -> std::io::Result<(Self, Recorder)> {
        let (recording_sender, lines) = mpsc::channel(WAITING);
        let recorder = Recorder {
            path: path.to_owned(),
            file: BufWriter::new(File::create(path).await?),
            lines,
        };
        Ok((Self(recording_sender), recorder))
    }

    pub(super) fn connection(&self, session: u64) -> ConnectionRecorder {
        ConnectionRecorder {
            recording_sender: self.clone(),
            session,
            began: Instant::now(),
        }
    }
}

impl ConnectionRecorder {
    pub(super) async fn note(&self, from: From, what: What) {
        let line = Line {
            ms: self.began.elapsed().as_millis() as u64,
            from,
            session: self.session,
            what,
        };
        // If the recorder has stopped, it has logged the reason.
        self.recording_sender.0.send(line).await.ok();
    }
}

impl Recorder {
    /// Writes until all senders are gone, the recording reaches its maximum size, or writing fails.
    pub(super) async fn run(mut self) {
        if let Err(error) = self.write().await {
            tracing::error!(path = %self.path.display(), %error, "cannot write the recording");
        }
    }

    async fn write(&mut self) -> std::io::Result<()> {
        let mut room = LONGEST;
        while let Some(line) = self.lines.recv().await {
            let mut text = serde_json::to_vec(&line)?;
            text.push(b'\n');
            room = room
                .checked_sub(text.len() as u64)
                .ok_or(std::io::ErrorKind::FileTooLarge)?;
            self.file.write_all(&text).await?;
            if self.lines.is_empty() {
                self.file.flush().await?;
            }
        }
        self.file.flush().await
    }
}
