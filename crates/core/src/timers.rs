//! A set of named deadlines.

use std::time::Instant;

/// A few named deadlines, at most one for each name.
#[derive(Debug, Clone)]
pub struct Timers<K> {
    set: Vec<(K, Instant)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { set: Vec::new() }
    }
}

impl<K: Copy + PartialEq> Timers<K> {
    /// Sets `timer` to `at`, replacing its previous deadline.
    pub fn set(&mut self, timer: K, at: Instant) {
        match self.set.iter_mut().find(|(name, _)| *name == timer) {
            Some((_, deadline)) => *deadline = at,
            None => self.set.push((timer, at)),
        }
    }

    /// Stops `timer` if it is set.
    pub fn stop(&mut self, timer: K) {
        self.set.retain(|(name, _)| *name != timer);
    }

    /// Stops all timers.
    pub fn clear(&mut self) {
        self.set.clear();
    }

    /// Removes and returns the earliest timer if it is due at `now`.
    pub fn take_expired(&mut self, now: Instant) -> Option<K> {
        let (timer, at) = self.next()?;
        if at > now {
            return None;
        }
        self.stop(timer);
        Some(timer)
    }

    /// The earliest deadline and its timer.
    pub fn next(&self) -> Option<(K, Instant)> {
        self.set.iter().min_by_key(|(_, at)| *at).copied()
    }

    /// The deadline of `timer` if it is set.
    pub fn at(&self, timer: K) -> Option<Instant> {
        let found = self.set.iter().find(|(name, _)| *name == timer);
        found.map(|(_, at)| *at)
    }

    /// Whether `timer` is set.
    pub fn is_set(&self, timer: K) -> bool {
        self.at(timer).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conversation::tests::epoch;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn next_returns_the_earliest_timer_and_its_name() {
        let start = epoch();
        let mut timers = Timers::default();
        assert_eq!(timers.next(), None);
        timers.set('b', start + 2 * SECOND);
        timers.set('a', start + SECOND);
        assert_eq!(timers.next(), Some(('a', start + SECOND)));
        timers.set('a', start + 3 * SECOND);
        assert_eq!(timers.next(), Some(('b', start + 2 * SECOND)));
        timers.stop('b');
        assert!(timers.is_set('a') && !timers.is_set('b'));
        assert_eq!(timers.next(), Some(('a', start + 3 * SECOND)));
    }

    #[test]
    fn expired_timers_are_taken_in_order_and_once() {
        let start = epoch();
        let mut timers = Timers::default();
        timers.set('b', start + 2 * SECOND);
        timers.set('a', start + SECOND);
        timers.set('c', start + 3 * SECOND);
        assert_eq!(timers.take_expired(start), None);
        let now = start + 2 * SECOND;
        assert_eq!(timers.take_expired(now), Some('a'));
        assert_eq!(timers.take_expired(now), Some('b'));
        assert_eq!(timers.take_expired(now), None);
        timers.clear();
        assert_eq!(timers.next(), None);
    }
}
