//! How long the caller waits, from the caller's last sound to the agent's first.

use std::time::{Duration, Instant};

use crate::audio::Frame;
use crate::conversation::fact::Latency;

/// Two sounds at least this far apart belong to different stretches.
const PAUSE: Duration = Duration::from_millis(300);

/// Sounds older than this are ignored.
const RECENT: Duration = Duration::from_secs(10);

/// Detects sounds of the caller and measures the latency of replies.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    /// First and last sound of the latest stretch.
    sounds: Option<(Instant, Instant)>,
    waiting: Option<Waiting>,
}

/// A reply that the caller is waiting for.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    committed: Instant,
    first_token: Option<Instant>,
}

impl Stopwatch {
    /// Takes 10 ms of the caller's audio.
    pub(crate) fn hear(&mut self, now: Instant, frame: &Frame) {
        if !frame.is_sound() {
            return;
        }
        self.sounds = Some(match self.sounds {
            Some((first, last)) if now.saturating_duration_since(last) < PAUSE => (first, now),
            _ => (now, now),
        });
    }

    /// `input.speech.stopped`: the caller starts to wait.
    pub(crate) fn committed(&mut self, now: Instant) {
        let since = self.recent(now).map_or(now, |(_, last)| last);
        self.waiting = Some(Waiting {
            since,
            committed: now,
            first_token: None,
        });
    }

    /// A word or a sample of the reply arrived.
    pub(crate) fn token(&mut self, now: Instant) {
        if let Some(waiting) = &mut self.waiting {
            waiting.first_token.get_or_insert(now);
        }
    }

    /// The reply is audible. Returns its latency if the caller was waiting.
    pub(crate) fn audible(&mut self, now: Instant) -> Option<Latency> {
        let waiting = self.waiting.take()?;
        let after = |at: Instant| at.saturating_duration_since(waiting.since);
        Some(Latency {
            committed: after(waiting.committed),
            first_token: waiting.first_token.map(after),
            audible: after(now),
        })
    }

    /// When the caller started to make sounds.
    pub(crate) fn speaking_since(&self, now: Instant) -> Option<Instant> {
        self.recent(now).map(|(first, _)| first)
    }

    /// How long ago the caller started to make sounds.
    pub(crate) fn speaking_for(&self, now: Instant) -> Option<Duration> {
        let first = self.speaking_since(now)?;
        Some(now.saturating_duration_since(first))
    }

    /// How long ago the caller made the last sound.
    pub(crate) fn silent_for(&self, now: Instant) -> Option<Duration> {
        let (_, last) = self.recent(now)?;
        Some(now.saturating_duration_since(last))
    }

    fn recent(&self, now: Instant) -> Option<(Instant, Instant)> {
        let is_recent = |last: Instant| now.saturating_duration_since(last) < RECENT;
        self.sounds.filter(|(_, last)| is_recent(*last))
    }
}
