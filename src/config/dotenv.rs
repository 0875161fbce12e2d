//! The `.env` file: values of variables that the environment does not set.
//!
//! The file contains secrets, so an error gives the line number and the reason, never the line.

use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};

/// Name of the file.
const NAME: &str = ".env";

/// Adds the file's variables to the process's environment, up to the first line that cannot be
/// parsed. Must run before any thread is started.
///
/// Returns the problems with the file, one message each.
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
                return vec![format!("{shown}, line {line}: not valid UTF-8")];
            }
        },
        Err(error) => return vec![format!("cannot read {shown}: {}", kind(error.kind()))],
    };
    let mut text = completed(&text);
    let problems = problems(&text);
    if let Some((line, _)) = problems.first() {
        text = text.split_inclusive('\n').take(line - 1).collect();
    }
    let problems = problems.into_iter();
    let problems = problems.map(|(line, why)| format!("{shown}, line {line}: {why}"));
    let problems: Vec<_> = problems.collect();
    // The part that could cause an error has been cut off.
    dotenvy::from_read(Cursor::new(text)).ok();
    problems
}

/// Path of the file in the current folder, or in the nearest parent folder that has one. In the
/// current folder, the path is only the file name.
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

/// `text` without a byte order mark and with a final newline, without which the parser rejects
/// trailing white space.
fn completed(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    format!("{text}\n")
}

/// Lines of `text` that cannot be parsed, counted from 1, with the reasons.
fn problems(text: &str) -> Vec<(usize, &'static str)> {
    // A variable cannot contain NUL: setting it would panic with the value in the message.
    let nul = text.find('\0').map(|at| line_at(text.as_bytes(), at));
    let nul = nul.map(|line| (line, "it contains a NUL character"));
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
        // Continue after the previous match, because lines may be equal.
        let at = text.get(from..).and_then(|rest| rest.find(&entry));
        let at = at.map_or(from, |at| from + at);
        let line = line_at(text.as_bytes(), at);
        let is_open = at + entry.len() == text.len();
        let why = match is_open {
            true => "a quotation mark is never closed",
            false => "expected NAME=value; a value with spaces needs quotation marks",
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
        _ => "I/O error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_have_a_line_number_and_do_not_repeat_the_line() {
        let open = "a quotation mark is never closed";
        let odd = "expected NAME=value; a value with spaces needs quotation marks";
        let cases: [(&str, &[(usize, &str)]); 9] = [
            ("A=1\n# B\nC='2 3'\nD=\"two\nlines\"\n", &[]),
            ("A=1\nB=\"canary\nC=canary\n", &[(2, open)]),
            ("A=1\nB='canary", &[(2, open)]),
            ("canary\nA=1\ncanary canary\n", &[(1, odd), (3, odd)]),
            ("A=canary canary\nA=canary canary\n", &[(1, odd), (2, odd)]),
            ("A=1\r\n=canary\r\n", &[(2, odd)]),
            ("A=1 ", &[]),
            (
                "A=1\nB=canary\0\nC=3\n",
                &[(2, "it contains a NUL character")],
            ),
            ("A=\"1\n\0canary\"\n", &[(2, "it contains a NUL character")]),
        ];
        for (text, expected) in cases {
            assert_eq!(problems(&completed(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_a_name() {
        let text = completed("\u{feff}A=1");
        let entries = dotenvy::from_read_iter(Cursor::new(text));
        let entries: Vec<_> = entries.map(Result::unwrap).collect();
        assert_eq!(entries, [("A".to_owned(), "1".to_owned())]);
    }
}
