//! Forwards the stderr of cells to the worker's stderr, line by line.

use std::io::Write;

use parlor_core::cells::CellId;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Maximum length of a line in bytes; longer lines are split.
const LONGEST: usize = 64 << 10;

/// Prefix of messages to people, which are plain text whatever the log format.
const TO_PEOPLE: &[u8] = b"parlor: ";

/// Forwards lines until the pipe is closed. If the cell logs JSON, lines that are not JSON, such as
/// the native core's output on a crash, are wrapped in a log line of the worker.
pub(super) async fn forward(pipe: impl AsyncRead + Unpin, cell: CellId, is_json: bool) {
    let mut pipe = BufReader::with_capacity(LONGEST, pipe);
    let mut line = Vec::new();
    loop {
        let chunk = match pipe.fill_buf().await {
            Ok(chunk) => chunk,
            Err(error) => {
                tracing::warn!(cell = cell.0, %error, "cannot read the stderr of a cell");
                return;
            }
        };
        if chunk.is_empty() {
            pass_on(&line, cell, is_json);
            return;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        line.extend_from_slice(&chunk[..taken]);
        pipe.consume(taken);
        if end.is_some() || line.len() >= LONGEST {
            pass_on(&line, cell, is_json);
            line.clear();
        }
    }
}

fn pass_on(line: &[u8], cell: CellId, is_json: bool) {
    if line.trim_ascii().is_empty() {
        return;
    }
    if is_json && !line.starts_with(b"{") && !line.starts_with(TO_PEOPLE) {
        let said = String::from_utf8_lossy(line.trim_ascii());
        tracing::warn!(cell = cell.0, %said, "output of a cell");
        return;
    }
    // An error cannot be logged: the log itself goes to stderr.
    std::io::stderr().lock().write_all(line).ok();
}
