//! How long the caller waits: from the caller's last sound to the agent's first.

use std::time::{Duration, Instant};

use crate::audio::Frame;
use crate::conversation::fact::Latency;

/// A pause this long ends a stretch of sounds.
const PAUSE: Duration = Duration::from_millis(300);

/// Sounds before that have nothing to do with what happens now.
const RECENT: Duration = Duration::from_secs(10);

/// Hears when the caller makes sounds, and times the answers.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    /// The first and the last sound of the stretch that came last.
    sounds: Option<(Instant, Instant)>,
    waiting: Option<Waiting>,
}

/// An answer that the caller waits for.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    committed: Instant,
    first_token: Option<Instant>,
}

impl Stopwatch {
    /// 10 ms from the caller's microphone.
    pub(crate) fn hear(&mut self, now: Instant, frame: &Frame) {
        if !frame.is_sound() {
            return;
        }
        self.sounds = Some(match self.sounds {
            Some((first, last)) if now.saturating_duration_since(last) < PAUSE => (first, now),
            _ => (now, now),
        });
    }

    /// `input.speech.stopped`: from here on the caller waits.
    pub(crate) fn committed(&mut self, now: Instant) {
        let since = self.recent(now).map_or(now, |(_, last)| last);
        self.waiting = Some(Waiting {
            since,
            committed: now,
            first_token: None,
        });
    }

    /// A word or a sample of a reply came.
    pub(crate) fn token(&mut self, now: Instant) {
        if let Some(waiting) = &mut self.waiting {
            waiting.first_token.get_or_insert(now);
        }
    }

    /// The reply is heard; how long that took, if the caller waited.
    pub(crate) fn audible(&mut self, now: Instant) -> Option<Latency> {
        let waiting = self.waiting.take()?;
        let after = |at: Instant| at.saturating_duration_since(waiting.since);
        Some(Latency {
            committed: after(waiting.committed),
            first_token: waiting.first_token.map(after),
            audible: after(now),
        })
    }

    /// When the caller began to make sounds.
    pub(crate) fn speaking_since(&self, now: Instant) -> Option<Instant> {
        self.recent(now).map(|(first, _)| first)
    }

    /// How long ago that was.
    pub(crate) fn speaking_for(&self, now: Instant) -> Option<Duration> {
        let first = self.speaking_since(now)?;
        Some(now.saturating_duration_since(first))
    }

    /// How long ago the caller's last sound was.
    pub(crate) fn silent_for(&self, now: Instant) -> Option<Duration> {
        let (_, last) = self.recent(now)?;
        Some(now.saturating_duration_since(last))
    }

    fn recent(&self, now: Instant) -> Option<(Instant, Instant)> {
        let is_recent = |last: Instant| now.saturating_duration_since(last) < RECENT;
        self.sounds.filter(|(_, last)| is_recent(*last))
    }
}
