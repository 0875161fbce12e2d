//! When to try again: after a voice session was lost, first to resume it, then to begin another;
//! while the service is busy, to begin the first.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::backoff::Backoff;

/// Tries of each kind; the first one comes at once.
pub(crate) const TRIES: u32 = 5;

/// For all tries of one kind. The API keeps a lost session for 30 s.
pub(crate) const TRY_FOR: Duration = Duration::from_secs(25);

const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);

/// What is done about a session that is lost or not to be had.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// When the session was lost.
    pub(crate) since: Instant,
    /// Whether the session itself may still come back.
    pub(crate) resuming: bool,
    /// Whether there was no session yet.
    pub(crate) is_first: bool,
    /// When tries of this kind began.
    began: Instant,
    tries: u32,
    most_tries: u32,
}

impl Recovery {
    pub(crate) fn new(now: Instant, resuming: bool) -> Self {
        Self {
            since: now,
            resuming,
            is_first: false,
            began: now,
            tries: 0,
            most_tries: TRIES,
        }
    }

    /// The first session was not to be had at `now`, but may be in a different way, at once.
    pub(crate) fn of_the_first(now: Instant) -> Self {
        Self {
            is_first: true,
            ..Self::new(now, false)
        }
    }

    /// The first session was not to be had at `now`: as many tries as there is time for.
    pub(crate) fn of_a_busy_service(now: Instant) -> Self {
        Self {
            tries: 1,
            most_tries: u32::MAX,
            ..Self::of_the_first(now)
        }
    }

    /// The session will not come back: the next try begins another one, at once. Whether that
    /// is news.
    pub(crate) fn give_up_session(&mut self, now: Instant) -> bool {
        if self.resuming {
            self.resuming = false;
            self.began = now;
            self.tries = 0;
            return true;
        }
        false
    }

    /// How long to wait before the next try; none when there is none.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Duration> {
        if let Some(delay) = self.delay(now) {
            self.tries += 1;
            return Some(delay);
        }
        match self.give_up_session(now) {
            true => self.next(now),
            false => None,
        }
    }

    fn delay(&self, now: Instant) -> Option<Duration> {
        if self.tries == 0 {
            return Some(Duration::ZERO);
        }
        let backoff = Backoff::new(SHORTEST, LONGEST, TRY_FOR).expect("the delays are in order");
        let delay = backoff.delay(self.tries - 1, self.chance());
        let elapsed = now.saturating_duration_since(self.began);
        (self.tries < self.most_tries && backoff.allows(elapsed, delay)).then_some(delay)
    }

    /// From 0 to 1; calls that were lost together do not come back together.
    fn chance(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        (self.since, self.tries).hash(&mut hasher);
        f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}
