//! The folder of reports: `<folder>/<yyyy-mm-dd>/<call>.json`, with the recording next to it. Only
//! the user of the process can read the files. Files that exceed the retention time are removed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use parlor_common::random;

use super::timestamp;

/// Maximum number of files that one sweep removes; the next one continues.
const SWEEP: usize = 10_000;

/// Suffix of an incomplete file.
const PARTIAL: &str = ".part";

/// Suffixes of all files that Parlor writes here.
const OURS: [&str; 4] = [".json", ".wav", ".ogg", PARTIAL];

/// An incomplete file that was not modified for this long was left behind by a process that is
/// gone. Recordings are shorter than this.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 3600);

/// Maximum length of a call's ID in a file name, in characters.
const NAME: usize = 100;

/// The folder of reports and its retention.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Days after which files are removed; `None` keeps them forever.
    pub(super) retention_days: Option<u32>,
    /// Whether recordings that a lost process left behind are removed, as they are not redacted.
    pub(super) drop_partial: bool,
}

impl Folder {
    /// Removes files that exceed the retention time, and returns how many it removed.
    ///
    /// Touches only files with names that Parlor writes, in folders named after a day.
    ///
    /// # Errors
    /// The folder cannot be read. Files that cannot be removed are left to the next sweep.
    pub(super) fn sweep(&self, now: SystemTime) -> io::Result<usize> {
        let mut removed = 0;
        let days = match fs::read_dir(&self.path) {
            Ok(days) => days,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        for day in days {
            let day = day?;
            let name = day.file_name();
            let Some(age) = name
                .to_str()
                .and_then(|name| timestamp::days_since(name, now))
            else {
                continue;
            };
            if !day.file_type()?.is_dir() {
                continue;
            }
            let is_over = self
                .retention_days
                .is_some_and(|days| i64::from(age) > i64::from(days));
            removed += self.sweep_day(&day.path(), is_over, now, SWEEP - removed)?;
            if removed >= SWEEP {
                break;
            }
        }
        Ok(removed)
    }

    fn sweep_day(
        &self,
        day: &Path,
        is_over: bool,
        now: SystemTime,
        most: usize,
    ) -> io::Result<usize> {
        if !is_over && !self.drop_partial {
            return Ok(0);
        }
        let mut removed = 0;
        for file in fs::read_dir(day)? {
            let file = file?;
            if removed >= most {
                return Ok(removed);
            }
            let is_ours = file.file_name().to_str().is_some_and(is_ours);
            if is_ours && (is_over || self.is_left_behind(&file, now)) {
                match fs::remove_file(file.path()) {
                    Ok(()) => removed += 1,
                    Err(error) => {
                        let path = file.path();
                        tracing::warn!(
                            path = %path.display(),
                            %error,
                            "failed to remove an old file"
                        );
                    }
                }
            }
        }
        if is_over {
            // Fails if other files are in the folder: then it stays.
            fs::remove_dir(day).ok();
        }
        Ok(removed)
    }

    fn is_left_behind(&self, file: &fs::DirEntry, now: SystemTime) -> bool {
        let is_partial = file.file_name().to_string_lossy().ends_with(PARTIAL);
        let touched = file.metadata().and_then(|it| it.modified());
        let is_old =
            touched.is_ok_and(|at| now.duration_since(at).is_ok_and(|it| it > LEFT_BEHIND));
        self.drop_partial && is_partial && is_old
    }
}

/// A call's ID as a file name. Other characters than letters, digits, `_` and `-` are replaced, so
/// it cannot lead to another folder.
pub(super) fn file_name(call: &str) -> String {
    let safe = |it: char| match it {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => it,
        _ => '_',
    };
    let name: String = call.chars().take(NAME).map(safe).collect();
    match name.is_empty() {
        true => "_".to_owned(),
        false => name,
    }
}

/// Writes a file atomically: it gets its name once all of it is on the disk.
pub(super) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = partial(file);
    let written = create(&partial)
        .and_then(|mut open| open.write_all(bytes))
        .and_then(|()| publish(&partial, file));
    if written.is_err() {
        fs::remove_file(&partial).ok();
    }
    written
}

/// Gives a complete file its name, once it is on the disk.
pub(super) fn publish(partial: &Path, file: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Creates a file and its parent folders, which no other user can read.
pub(super) fn create(file: &Path) -> io::Result<File> {
    if let Some(folder) = file.parent() {
        make(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(file)
}

/// Creates a folder that no other user can read, unless it exists.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A unique name for `file` while it is incomplete.
pub(super) fn partial(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}{PARTIAL}", random::number()));
    file.with_file_name(name)
}

fn is_ours(name: &str) -> bool {
    let stem = OURS.iter().find_map(|end| name.strip_suffix(end));
    let of_call = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
    stem.is_some_and(|stem| !stem.is_empty() && stem.chars().all(of_call))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn file_names_cannot_lead_to_another_folder() {
        assert_eq!(file_name("AJ_x9-Z"), "AJ_x9-Z");
        assert_eq!(file_name("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name(&"é".repeat(500)), "_".repeat(NAME));
    }

    #[test]
    fn only_names_that_are_written_here_are_ours() {
        for ours in ["AJ_1.json", "AJ_1.wav", "AJ_1.ogg", "AJ_1.wav.00ff.part"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [".json", "notes.txt", "AJ_1.json.bak", "a b.json", "part"] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn files_are_complete_and_private() {
        let folder = std::env::temp_dir().join(random::random("parlor-folder"));
        let file = folder.join("2026-01-01").join("AJ_1.json");
        write(&file, b"one").unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        let names = fs::read_dir(file.parent().unwrap()).unwrap();
        assert_eq!(names.count(), 1, "nothing else is left");
        fs::remove_dir_all(folder).unwrap();
    }
}
