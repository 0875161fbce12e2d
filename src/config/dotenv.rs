//! `.env`: variables for those that the environment does not set.
//!
//! The file holds secrets, so a problem names a line and a reason and never shows the line itself.

use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};

/// The file's name, in this folder or in one above it.
const NAME: &str = ".env";

/// Puts the file's variables into the process's environment, up to the first line that cannot be
/// read. Must run before any thread is started.
///
/// Returns what is wrong with the file, one line each.
pub(crate) fn load() -> Vec<String> {
    let Some(path) = find() else {
        return Vec::new();
    };
    let shown = path.display();
    let text = match std::fs::read(&path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = line_at(error.as_bytes(), error.utf8_error().valid_up_to());
                return vec![format!("{shown}, line {line}: it is not UTF-8")];
            }
        },
        Err(error) => return vec![format!("{shown} cannot be read: {}", kind(error.kind()))],
    };
    let mut text = completed(&text);
    let problems = problems(&text);
    if let Some((line, _)) = problems.first() {
        text = text.split_inclusive('\n').take(line - 1).collect();
    }
    let problems = problems.into_iter();
    let problems = problems.map(|(line, why)| format!("{shown}, line {line}: {why}"));
    let problems: Vec<_> = problems.collect();
    // What it could complain of is left out.
    dotenvy::from_read(Cursor::new(text)).ok();
    problems
}

/// The file in the current folder, or in the nearest one above it; one of this folder is shown
/// without its path.
fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut folders = here.ancestors().map(|folder| folder.join(NAME));
    let found = folders.find(|path| path.is_file())?;
    let is_here = found.parent() == Some(&here);
    Some(match is_here {
        true => Path::new(NAME).to_owned(),
        false => found,
    })
}

/// The text without a byte order mark, and with an end of line after the last one: without it the
/// parser refuses white space at the end.
fn completed(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    format!("{text}\n")
}

/// The lines of `text` that cannot be read, counted from 1, and why.
fn problems(text: &str) -> Vec<(usize, &'static str)> {
    // The environment cannot hold it, and the library that sets it would panic with the value.
    let nul = text.find('\0').map(|at| line_at(text.as_bytes(), at));
    let nul = nul.map(|line| (line, "it holds a NUL"));
    let mut problems: Vec<_> = unparsed(text).into_iter().chain(nul).collect();
    problems.sort_unstable();
    problems.dedup_by_key(|(line, _)| *line);
    problems
}

fn unparsed(text: &str) -> Vec<(usize, &'static str)> {
    let mut from = 0;
    let mut problems = Vec::new();
    for entry in dotenvy::from_read_iter(Cursor::new(text)) {
        let Err(dotenvy::Error::LineParse(entry, _)) = entry else {
            continue;
        };
        // Equal lines are found in their order.
        let at = text.get(from..).and_then(|rest| rest.find(&entry));
        let at = at.map_or(from, |at| from + at);
        let line = line_at(text.as_bytes(), at);
        let is_open = at + entry.len() == text.len();
        let why = match is_open {
            true => "a quotation mark is never closed",
            false => "it is not NAME=value; a value with spaces needs quotation marks",
        };
        problems.push((line, why));
        from = (at + entry.len()).min(text.len());
    }
    problems
}

fn line_at(text: &[u8], at: usize) -> usize {
    let before = text.iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "permission denied",
        _ => "the file system refuses",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_have_their_line_and_nothing_of_it() {
        let open = "a quotation mark is never closed";
        let odd = "it is not NAME=value; a value with spaces needs quotation marks";
        let cases: [(&str, &[(usize, &str)]); 9] = [
            ("A=1\n# B\nC='2 3'\nD=\"two\nlines\"\n", &[]),
            ("A=1\nB=\"canary\nC=canary\n", &[(2, open)]),
            ("A=1\nB='canary", &[(2, open)]),
            ("canary\nA=1\ncanary canary\n", &[(1, odd), (3, odd)]),
            ("A=canary canary\nA=canary canary\n", &[(1, odd), (2, odd)]),
            ("A=1\r\n=canary\r\n", &[(2, odd)]),
            ("A=1 ", &[]),
            ("A=1\nB=canary\0\nC=3\n", &[(2, "it holds a NUL")]),
            ("A=\"1\n\0canary\"\n", &[(2, "it holds a NUL")]),
        ];
        for (text, expected) in cases {
            assert_eq!(problems(&completed(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_name() {
        let text = completed("\u{feff}A=1");
        let entries = dotenvy::from_read_iter(Cursor::new(text));
        let entries: Vec<_> = entries.map(Result::unwrap).collect();
        assert_eq!(entries, [("A".to_owned(), "1".to_owned())]);
    }
}
