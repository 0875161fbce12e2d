//! The output of a process under test.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc;
use std::thread;

/// Forwards lines until the pipe closes.
pub(crate) fn forward(
    pipe: impl Read + Send + 'static,
    lines: mpsc::Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).unwrap() > 0 {
            // The receiver is gone if the process did not end in time.
            lines.send(String::from_utf8_lossy(&line).into_owned()).ok();
            line.clear();
        }
    })
}
