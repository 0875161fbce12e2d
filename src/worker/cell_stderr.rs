//! What cells write to stderr, passed on to ours line by line.

use std::io::Write;

use parlor_core::cells::CellId;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The longest line, in bytes; a longer one is cut in pieces.
const LONGEST: usize = 64 << 10;

/// What the program says to people, whatever its log looks like.
const TO_PEOPLE: &[u8] = b"parlor: ";

/// Passes lines on until there are none. Of a process that logs JSON, what is no JSON, such as the
/// last words of the native core, becomes a log line of our own.
pub(super) async fn forward(pipe: impl AsyncRead + Unpin, cell: CellId, is_json: bool) {
    let mut pipe = BufReader::with_capacity(LONGEST, pipe);
    let mut line = Vec::new();
    loop {
        let chunk = match pipe.fill_buf().await {
            Ok(chunk) => chunk,
            Err(error) => {
                tracing::warn!(cell = cell.0, %error, "a cell's log cannot be read");
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
        tracing::warn!(cell = cell.0, %said, "a cell wrote");
        return;
    }
    // As with any log line, there is nobody to tell when stderr is gone.
    std::io::stderr().lock().write_all(line).ok();
}
