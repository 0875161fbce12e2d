//! The folder of reports: `<folder>/<yyyy-mm-dd>/<call>.json`, and a recording beside it. Only
//! the program's own user can read them. What is older than it may be is removed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::timestamp;
use crate::random;

/// The most files that one sweep removes; the next one goes on.
const SWEEP: usize = 10_000;

/// The end of the name of a file that is not whole yet.
const PARTIAL: &str = ".part";

/// The ends of the names of what is written here.
const OURS: [&str; 4] = [".json", ".wav", ".ogg", PARTIAL];

/// What is not whole and was not touched for so long was left by a process that is gone: a
/// recording is shorter.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 3600);

/// The longest name of a call, in bytes.
const NAME: usize = 100;

/// Where reports are kept, and how long.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// For ever without one.
    pub(super) retention_days: Option<u32>,
    /// What a lost process recorded was not redacted: it is not kept.
    pub(super) drop_partial: bool,
}

impl Folder {
    /// Removes what is older than it may be, and gives how many files that were.
    ///
    /// Only what has one of our names in a folder of a day is looked at.
    ///
    /// # Errors
    /// When the folder cannot be read; a file that cannot be removed is the next sweep's.
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
                        tracing::warn!(path = %path.display(), %error, "an old file cannot be removed");
                    }
                }
            }
        }
        if is_over {
            // Somebody else's file may be in it: then it stays.
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

/// A call's name as a name of files: nothing of it can lead elsewhere.
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

/// Writes a whole file, or none: it is on the disk before it has its name.
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

/// Gives a whole file its name once it is on the disk.
pub(super) fn publish(partial: &Path, file: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Creates a file, and the folders on the way to it, for nobody else to read.
pub(super) fn create(file: &Path) -> io::Result<File> {
    if let Some(folder) = file.parent() {
        make(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(file)
}

/// Makes a folder that nobody else can read, unless it is there.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The name of a file that is not whole yet: no two processes have the same.
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
    fn a_name_leads_nowhere() {
        assert_eq!(file_name("AJ_x9-Z"), "AJ_x9-Z");
        assert_eq!(file_name("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name(&"é".repeat(500)), "_".repeat(NAME));
    }

    #[test]
    fn only_our_names_are_ours() {
        for ours in ["AJ_1.json", "AJ_1.wav", "AJ_1.ogg", "AJ_1.wav.00ff.part"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [".json", "notes.txt", "AJ_1.json.bak", "a b.json", "part"] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn a_file_is_there_whole_and_for_us_alone() {
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
