//! Terminal output of commands: results go to stdout, errors to stderr.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Writes one line to stdout. A closed pipe is not an error.
pub(super) fn line(text: &dyn Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Writes `parlor: …` to stderr.
pub(super) fn error(text: &dyn Display) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "parlor: {text}").ok();
}

/// Colours `text` with an ANSI code if stdout is a terminal and `NO_COLOR` is not set.
pub(super) fn colour(text: &str, code: u8) -> String {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
