//! The spool: reports that wait to be delivered, as files, so that they survive the process.
//! Several processes may share the folder.
//!
//! The name of a file contains when it is due, how often it was tried, and since when it waits. A
//! process claims a report by renaming its file to a later due time. Only one process can succeed,
//! and the claim of a process that is gone expires by itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::folder;

/// Maximum number of reports in the spool.
const ITEMS: usize = 10_000;

/// Maximum size of all reports in the spool, in bytes.
const BYTES: u64 = 256 << 20;

/// Folder of reports that were given up, with the same limits.
const FAILED: &str = "failed";

/// How long a claim is valid: longer than a delivery may take.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// A folder of reports that wait to be delivered.
#[derive(Debug, Clone)]
pub(super) struct Spool(PathBuf);

/// A report in the spool, as the name of its file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// When it is due, in milliseconds since the Unix epoch.
    pub(super) due: u64,
    /// Number of times that it was claimed.
    pub(super) tries: u32,
    /// Number of times that the webhook refused it.
    pub(super) refusals: u32,
    /// When it was added, in milliseconds since the Unix epoch.
    pub(super) since: u64,
    /// ID of the call, as a file name.
    pub(super) call: String,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Deliver this report, which is claimed.
    Deliver(Item),
    /// Wait until this time.
    At(SystemTime),
    /// There are no reports.
    Nothing,
}

impl Spool {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Adds a report that is due at once. Gives up the oldest reports if the spool is full.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub(super) fn put(&self, call: &str, now: SystemTime, body: &[u8]) -> io::Result<()> {
        let item = Item {
            due: millis(now),
            tries: 0,
            refusals: 0,
            since: millis(now),
            call: folder::file_name(call),
        };
        folder::write(&self.path(&item), body)?;
        for item in over(items(&self.0)?) {
            tracing::warn!(call = %item.call, "the spool is full: giving up on the oldest report");
            self.give_up(&item)?;
        }
        Ok(())
    }

    /// Claims the report that has been due the longest.
    ///
    /// # Errors
    /// The folder cannot be read or changed.
    pub(super) fn claim(&self, now: SystemTime) -> io::Result<Next> {
        let mut items = items(&self.0)?;
        items.sort_by_key(|(item, _)| item.due);
        for (item, _) in items {
            if item.due > millis(now) {
                let due = Duration::from_millis(item.due);
                return Ok(Next::At(SystemTime::UNIX_EPOCH + due));
            }
            let claimed = Item {
                due: millis(now + LEASE),
                tries: item.tries.saturating_add(1),
                ..item.clone()
            };
            if self.rename(&item, &self.path(&claimed))? {
                return Ok(Next::Deliver(claimed));
            }
        }
        Ok(Next::Nothing)
    }

    /// Reads a report.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(&self, item: &Item) -> io::Result<Vec<u8>> {
        fs::read(self.path(item))
    }

    /// Removes a report that was delivered or is not wanted.
    ///
    /// # Errors
    /// The file cannot be removed. The report will be delivered again.
    pub(super) fn remove(&self, item: &Item) -> io::Result<()> {
        fs::remove_file(self.path(item))
    }

    /// Schedules the next attempt to deliver a report.
    ///
    /// # Errors
    /// The file cannot be renamed. The next attempt follows when the claim expires.
    pub(super) fn later(&self, item: &Item, due: SystemTime, refusals: u32) -> io::Result<()> {
        let later = Item {
            due: millis(due),
            refusals,
            ..item.clone()
        };
        self.rename(item, &self.path(&later)).map(|_| ())
    }

    /// Gives up a report: moves it to the folder `failed`.
    ///
    /// # Errors
    /// A file cannot be moved or removed.
    pub(super) fn give_up(&self, item: &Item) -> io::Result<()> {
        let failed = self.failed();
        folder::make(&failed)?;
        self.rename(item, &failed.join(item.name()))?;
        for item in over(items(&failed)?) {
            fs::remove_file(failed.join(item.name()))?;
        }
        Ok(())
    }

    /// Removes given-up reports that were added before `then`, and returns how many it removed.
    ///
    /// # Errors
    /// The folder cannot be read or changed.
    pub(super) fn forget(&self, then: SystemTime) -> io::Result<usize> {
        let failed = self.failed();
        let mut old = items(&failed)?;
        old.retain(|(item, _)| item.since < millis(then));
        for (item, _) in &old {
            fs::remove_file(failed.join(item.name()))?;
        }
        Ok(old.len())
    }

    fn failed(&self) -> PathBuf {
        self.0.join(FAILED)
    }

    fn path(&self, item: &Item) -> PathBuf {
        self.0.join(item.name())
    }

    /// Renames the file of a report. Returns `false` if it does not exist under this name any more.
    fn rename(&self, item: &Item, to: &Path) -> io::Result<bool> {
        match fs::rename(self.path(item), to) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Item {
    fn name(&self) -> String {
        let Self {
            due,
            tries,
            refusals,
            since,
            call,
        } = self;
        format!("{due}.{tries}.{refusals}.{since}.{call}.json")
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".json")?.split('.');
        let item = Self {
            due: parts.next()?.parse().ok()?,
            tries: parts.next()?.parse().ok()?,
            refusals: parts.next()?.parse().ok()?,
            since: parts.next()?.parse().ok()?,
            call: parts.next()?.to_owned(),
        };
        // Accepts only names in the form in which they are written.
        (item.name() == name).then_some(item)
    }
}

/// All reports in a folder, with their sizes in bytes.
fn items(folder: &Path) -> io::Result<Vec<(Item, u64)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut items = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Some(item) = entry.file_name().to_str().and_then(Item::parse) {
            // A file that is gone by now was taken by another process.
            let bytes = entry.metadata().map_or(0, |it| it.len());
            items.push((item, bytes));
        }
    }
    Ok(items)
}

/// The oldest reports, as many as exceed the limits.
fn over(mut items: Vec<(Item, u64)>) -> Vec<Item> {
    items.sort_by_key(|(item, _)| item.since);
    let mut count = items.len();
    let mut bytes: u64 = items.iter().map(|(_, bytes)| bytes).sum();
    let is_over = |(_, size): &(Item, u64)| {
        let is_over = count > ITEMS || bytes > BYTES;
        count -= 1;
        bytes -= size;
        is_over
    };
    let over = items.into_iter().take_while(is_over);
    over.map(|(item, _)| item).collect()
}

fn millis(at: SystemTime) -> u64 {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use parlor_common::random;

    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    struct Spooled {
        spool: Spool,
        now: SystemTime,
    }

    impl Spooled {
        fn new() -> Self {
            let path = std::env::temp_dir().join(random::random("parlor-spool"));
            Self {
                spool: Spool::new(path),
                now: SystemTime::UNIX_EPOCH + S(1_000_000),
            }
        }

        fn claims(&mut self, after: Duration) -> Item {
            self.now += after;
            match self.spool.claim(self.now).unwrap() {
                Next::Deliver(item) => item,
                next => panic!("{next:?}"),
            }
        }

        fn waiting(&self, folder: &str) -> usize {
            items(&self.spool.0.join(folder)).unwrap().len()
        }
    }

    impl Drop for Spooled {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.spool.0).unwrap();
        }
    }

    #[test]
    fn a_claim_is_exclusive_until_it_expires() {
        let mut it = Spooled::new();
        assert_eq!(it.spool.claim(it.now).unwrap(), Next::Nothing);
        it.spool.put("AJ_1", it.now, b"one").unwrap();
        let item = it.claims(S(0));
        assert_eq!(
            (item.tries, it.spool.read(&item).unwrap()),
            (1, b"one".to_vec())
        );
        let over = it.now + LEASE;
        assert_eq!(it.spool.claim(it.now).unwrap(), Next::At(over));
        let again = it.claims(LEASE);
        assert_eq!((again.tries, again.call.as_str()), (2, "AJ_1"));
        it.spool.remove(&again).unwrap();
        assert_eq!(it.spool.claim(over).unwrap(), Next::Nothing);
    }

    #[test]
    fn a_failed_report_is_due_later() {
        let mut it = Spooled::new();
        it.spool.put("AJ_1", it.now, b"one").unwrap();
        it.spool.put("AJ_2", it.now + S(1), b"two").unwrap();
        let first = it.claims(S(1));
        assert_eq!(first.call, "AJ_1", "the one that has been due the longest");
        it.spool.later(&first, it.now + S(9), 1).unwrap();
        assert_eq!(it.claims(S(0)).call, "AJ_2");
        let first = it.claims(S(9));
        assert_eq!((first.tries, first.refusals), (2, 1));
        it.spool.give_up(&first).unwrap();
        assert_eq!((it.waiting(""), it.waiting(FAILED)), (1, 1));
        assert_eq!(it.spool.forget(it.now - S(3600)).unwrap(), 0);
        assert_eq!(it.spool.forget(it.now).unwrap(), 1);
    }

    #[test]
    fn other_file_names_are_ignored() {
        for name in [
            "a.json",
            "1.1.1.1.a.b.json",
            "1.1.1.1.json",
            "01.1.1.1.a.json",
            "-1.1.1.1.a.json",
        ] {
            assert_eq!(Item::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_oldest_reports_exceed_the_limits() {
        let item = |since, bytes| {
            let item = Item {
                due: 0,
                tries: 0,
                refusals: 0,
                since,
                call: "a".to_owned(),
            };
            (item, bytes)
        };
        let sinces = |items| over(items).iter().map(|it| it.since).collect::<Vec<_>>();
        assert_eq!(sinces(vec![item(1, 10), item(2, BYTES - 10)]), [0; 0]);
        assert_eq!(
            sinces(vec![item(3, 10), item(2, BYTES), item(1, 5)]),
            [1, 2]
        );
        let many = (0..ITEMS as u64 + 2)
            .rev()
            .map(|since| item(since, 1))
            .collect();
        assert_eq!(sinces(many), [0, 1]);
    }
}
