//! Retries of the voice session. A lost session is resumed first and then replaced by a new one;
//! the first session is retried while the service is at capacity.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::backoff::Backoff;

/// Maximum attempts to resume, and to open another session. The first attempt is immediate.
pub(crate) const TRIES: u32 = 5;

/// Total time for the attempts of one kind. The API keeps a lost session for 30 s.
pub(crate) const TRY_FOR: Duration = Duration::from_secs(25);

const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);

/// Attempts to get a voice session, after a loss or at the start of the call.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// When the session was lost.
    pub(crate) since: Instant,
    /// Whether to resume the lost session instead of opening another one.
    pub(crate) resuming: bool,
    /// Whether the call has had no session yet.
    pub(crate) is_first: bool,
    /// When the attempts of this kind began.
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

    /// The first session failed at `now`, and a changed configuration is tried at once.
    pub(crate) fn of_the_first(now: Instant) -> Self {
        Self {
            is_first: true,
            ..Self::new(now, false)
        }
    }

    /// The first session failed at `now`. It is retried as often as time allows.
    pub(crate) fn of_a_busy_service(now: Instant) -> Self {
        Self {
            tries: 1,
            most_tries: u32::MAX,
            ..Self::of_the_first(now)
        }
    }

    /// Gives up resuming: the next attempt opens another session at once. Returns whether that is a
    /// change.
    pub(crate) fn give_up_session(&mut self, now: Instant) -> bool {
        if self.resuming {
            self.resuming = false;
            self.began = now;
            self.tries = 0;
            return true;
        }
        false
    }

    /// Returns the delay before the next attempt, or `None` when the attempts are exhausted.
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
        let backoff = Backoff::new(SHORTEST, LONGEST, TRY_FOR).expect("the constants are valid");
        let delay = backoff.delay(self.tries - 1, self.rng());
        let elapsed = now.saturating_duration_since(self.began);
        (self.tries < self.most_tries && backoff.allows(elapsed, delay)).then_some(delay)
    }

    /// Pseudo-random number from 0 to 1, so that calls lost together do not all reconnect together.
    fn rng(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        (self.since, self.tries).hash(&mut hasher);
        f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}
