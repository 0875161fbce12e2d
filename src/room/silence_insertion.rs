//! Real time: silence in the place of a voice that does not come. The Voice Agent API ends turns
//! by hearing silence, so that a microphone that is muted must not stop.

use std::time::{Duration, Instant};

/// The length of a frame.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// How long a voice may be late before there is silence in its place: longer than a busy machine
/// holds it back.
const LATE: Duration = Duration::from_millis(200);

/// How far ahead of the clock the voice may be. What is later than that and has silence in its
/// place already is dropped.
const AHEAD: Duration = Duration::from_millis(200);

/// How far behind the clock it may be, and catch up: what may wait natively.
const BEHIND: Duration = Duration::from_millis(500);

/// A clock that ticks every 10 ms. A tick that is missed is skipped, and no time is lost by it.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    next: Option<Instant>,
}

impl Ticks {
    /// The next tick is at that time.
    pub(super) fn next_at(&mut self, at: Instant) {
        self.next = Some(at);
    }

    /// No more ticks.
    pub(super) fn stop(&mut self) {
        self.next = None;
    }

    /// When the next tick is.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next
    }

    /// The tick that is due was taken, and those with it that are as good as past.
    pub(super) fn taken(&mut self, now: Instant) {
        if let Some(next) = &mut self.next {
            let late = now.saturating_duration_since(*next).as_nanos() / TICK.as_nanos();
            *next += TICK * u32::try_from(late + 1).unwrap_or(u32::MAX);
        }
    }
}

/// Passes on what one microphone gives, and tells when silence is due.
#[derive(Debug, Default)]
pub(super) struct SilenceInserter {
    silence: Ticks,
    /// The time up to which there is voice or silence.
    given_to: Option<Instant>,
}

impl SilenceInserter {
    /// Somebody is listened to, or nobody.
    pub(super) fn open(&mut self, now: Instant, is_open: bool) {
        match (is_open, self.silence.due()) {
            (true, None) => self.silence.next_at(now + LATE),
            (false, Some(_)) => *self = Self::default(),
            _ => {}
        }
    }

    /// When silence is due; never while nobody is listened to.
    pub(super) fn due(&self) -> Option<Instant> {
        self.silence.due()
    }

    /// 10 ms were heard; whether they are in time.
    pub(super) fn heard(&mut self, now: Instant) -> bool {
        self.silence.next_at(now + LATE);
        let end = self.end(now);
        if end > now + AHEAD {
            return false;
        }
        self.given_to = Some(end);
        true
    }

    /// 10 ms of silence are given.
    pub(super) fn silent(&mut self, now: Instant) {
        self.silence.taken(now);
        self.given_to = Some(self.end(now));
    }

    /// The time up to which there is something when 10 ms more are given.
    fn end(&self, now: Instant) -> Instant {
        let earliest = now.checked_sub(BEHIND).unwrap_or(now);
        self.given_to.unwrap_or(now).max(earliest) + TICK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// All silence that is due until `end`, taken `late` after it is due.
    fn silence(pace: &mut SilenceInserter, end: Instant, late: Duration) -> u32 {
        let mut frames = 0;
        while let Some(due) = pace.due().filter(|due| *due + late < end) {
            pace.silent(due + late);
            frames += 1;
        }
        frames
    }

    #[test]
    fn a_microphone_that_stops_goes_on_as_silence_in_real_time() {
        let (mut pace, start) = (SilenceInserter::default(), crate::clock::now());
        assert_eq!(pace.due(), None, "nobody is listened to");
        pace.open(start, true);
        for frame in 0..100 {
            assert!(pace.heard(start + TICK * frame));
        }
        let end = start + MS(10_000);
        let frames = silence(&mut pace, end, Duration::ZERO);
        assert_eq!(frames, 900 - 19, "200 ms late, and no drift from there");
        assert!(pace.due() >= Some(end));
        pace.open(end, false);
        assert_eq!(pace.due(), None);
    }

    #[test]
    fn a_late_tick_is_skipped_and_never_caught_up() {
        let (mut pace, start) = (SilenceInserter::default(), crate::clock::now());
        pace.open(start, true);
        assert_eq!(silence(&mut pace, start + MS(1_000), MS(25)), 26);
        let mut ticks = Ticks::default();
        ticks.next_at(start);
        ticks.taken(start + MS(3));
        assert_eq!(ticks.due(), Some(start + MS(10)), "no drift");
        ticks.taken(start + MS(45));
        assert_eq!(ticks.due(), Some(start + MS(50)));
    }

    #[test]
    fn what_comes_after_its_silence_is_no_burst() {
        let (mut pace, start) = (SilenceInserter::default(), crate::clock::now());
        pace.open(start, true);
        pace.heard(start);
        let now = start + MS(400);
        let silent = silence(&mut pace, now, Duration::ZERO);
        let passed = (0..60).filter(|_| pace.heard(now)).count();
        assert_eq!((silent, passed), (20, 39), "at most 200 ms ahead");
        assert!(pace.heard(now + TICK), "from then on as it comes");
        assert!(!pace.heard(now + TICK));
    }

    #[test]
    fn what_waited_while_nobody_looked_is_not_lost() {
        let (mut pace, start) = (SilenceInserter::default(), crate::clock::now());
        pace.open(start, true);
        pace.heard(start);
        let now = start + MS(400);
        assert!((0..39).all(|_| pace.heard(now)));
        let long_after = now + MS(5_000);
        let passed = (0..100).filter(|_| pace.heard(long_after)).count();
        assert_eq!(passed, 70, "what may wait natively, and be ahead");
    }
}
