//! Reports that wait to be delivered, as files, so that they survive the process. Several
//! processes may share the folder.
//!
//! The name of a file says when it is due, how often it was tried, and since when it waits. Who
//! wants to deliver it renames it so that it is due again after a while: only one of those who
//! try succeeds, and what was claimed by a process that is gone comes back by itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::folder;

/// The most reports that may wait.
const ITEMS: usize = 10_000;

/// The most bytes that may wait.
const BYTES: u64 = 256 << 20;

/// What was given up is kept here, up to the same bounds.
const FAILED: &str = "failed";

/// How long a claim holds: longer than a delivery may take.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// A folder of reports that wait to be delivered.
#[derive(Debug, Clone)]
pub(super) struct Spool(PathBuf);

/// A report that waits, as its file's name says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// When it is due, in milliseconds since the epoch.
    pub(super) due: u64,
    /// How often it was claimed.
    pub(super) tries: u32,
    /// How often it was refused.
    pub(super) refusals: u32,
    /// Since when it waits, in milliseconds since the epoch.
    pub(super) since: u64,
    /// Its call, as a name of files.
    pub(super) call: String,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Deliver this; it is claimed.
    Deliver(Item),
    /// Nothing before that.
    At(SystemTime),
    /// Nothing.
    Nothing,
}

impl Spool {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Keeps a report that is due now; what is too much is given up, the oldest first.
    ///
    /// # Errors
    /// When it cannot be written.
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
            tracing::warn!(call = %item.call, "too many reports wait to be delivered; the oldest is given up");
            self.give_up(&item)?;
        }
        Ok(())
    }

    /// Claims what is due for longest.
    ///
    /// # Errors
    /// When the folder cannot be read.
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

    /// What is to be delivered.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(&self, item: &Item) -> io::Result<Vec<u8>> {
        fs::read(self.path(item))
    }

    /// It is delivered, or nobody wants it.
    ///
    /// # Errors
    /// When it cannot be removed: it will be delivered again.
    pub(super) fn remove(&self, item: &Item) -> io::Result<()> {
        fs::remove_file(self.path(item))
    }

    /// It is tried again later.
    ///
    /// # Errors
    /// When it cannot be renamed: it is tried again when the claim is over.
    pub(super) fn later(&self, item: &Item, due: SystemTime, refusals: u32) -> io::Result<()> {
        let later = Item {
            due: millis(due),
            refusals,
            ..item.clone()
        };
        self.rename(item, &self.path(&later)).map(|_| ())
    }

    /// It is not tried any more.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub(super) fn give_up(&self, item: &Item) -> io::Result<()> {
        let failed = self.failed();
        folder::make(&failed)?;
        self.rename(item, &failed.join(item.name()))?;
        for item in over(items(&failed)?) {
            fs::remove_file(failed.join(item.name()))?;
        }
        Ok(())
    }

    /// Forgets what was given up and waits since before `then`; gives how many that were.
    ///
    /// # Errors
    /// When the folder cannot be read or changed.
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

    /// Whether the file was still there under its name.
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
        // A name that would be written in another way is not ours.
        (item.name() == name).then_some(item)
    }
}

/// All that waits in a folder, and how many bytes each has.
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
            // One that is gone by now is somebody else's.
            let bytes = entry.metadata().map_or(0, |it| it.len());
            items.push((item, bytes));
        }
    }
    Ok(items)
}

/// The oldest, as many as there are too many.
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
    use super::*;
    use crate::random;

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
    fn what_is_claimed_is_nobody_elses_until_the_claim_is_over() {
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
    fn what_failed_is_due_later() {
        let mut it = Spooled::new();
        it.spool.put("AJ_1", it.now, b"one").unwrap();
        it.spool.put("AJ_2", it.now + S(1), b"two").unwrap();
        let first = it.claims(S(1));
        assert_eq!(first.call, "AJ_1", "the one that is due for longest");
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
    fn other_files_are_left_alone() {
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
    fn the_oldest_is_too_much() {
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
