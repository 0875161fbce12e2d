//! Inserts silence in real time while a microphone sends nothing. The Voice Agent API detects the
//! end of a turn by silence, so the audio must not stop when a microphone is muted.

use std::time::{Duration, Instant};

/// Length of a frame.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// How late audio may be before silence is inserted: longer than a busy machine delays it.
const LATE: Duration = Duration::from_millis(200);

/// How far ahead of the clock the audio may be. Audio that arrives after silence was inserted for
/// it and exceeds this is dropped.
const AHEAD: Duration = Duration::from_millis(200);

/// How far behind the clock the audio may be and still catch up: the length of the native queue.
const BEHIND: Duration = Duration::from_millis(500);

/// A clock that ticks every 10 ms. It skips missed ticks and does not drift.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    next: Option<Instant>,
}

impl Ticks {
    /// Sets the time of the next tick.
    pub(super) fn next_at(&mut self, at: Instant) {
        self.next = Some(at);
    }

    /// Stops the clock.
    pub(super) fn stop(&mut self) {
        self.next = None;
    }

    /// The time of the next tick.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next
    }

    /// Consumes the tick that is due, and all later ones that have passed by `now`.
    pub(super) fn taken(&mut self, now: Instant) {
        if let Some(next) = &mut self.next {
            let late = now.saturating_duration_since(*next).as_nanos() / TICK.as_nanos();
            *next += TICK * u32::try_from(late + 1).unwrap_or(u32::MAX);
        }
    }
}

/// Passes on the audio of one microphone, and says when silence is due.
#[derive(Debug, Default)]
pub(super) struct SilenceInserter {
    silence: Ticks,
    /// The time up to which audio or silence was passed on.
    given_to: Option<Instant>,
}

impl SilenceInserter {
    /// Starts or stops: `is_open` is whether the agent listens to a caller.
    pub(super) fn open(&mut self, now: Instant, is_open: bool) {
        match (is_open, self.silence.due()) {
            (true, None) => self.silence.next_at(now + LATE),
            (false, Some(_)) => *self = Self::default(),
            _ => {}
        }
    }

    /// When silence is due; `None` while the agent listens to nobody.
    pub(super) fn due(&self) -> Option<Instant> {
        self.silence.due()
    }

    /// 10 ms of audio have arrived. Returns whether to pass them on.
    pub(super) fn heard(&mut self, now: Instant) -> bool {
        self.silence.next_at(now + LATE);
        let end = self.end(now);
        if end > now + AHEAD {
            return false;
        }
        self.given_to = Some(end);
        true
    }

    /// 10 ms of silence are inserted.
    pub(super) fn silent(&mut self, now: Instant) {
        self.silence.taken(now);
        self.given_to = Some(self.end(now));
    }

    /// The time up to which audio reaches once 10 ms more are passed on.
    fn end(&self, now: Instant) -> Instant {
        let earliest = now.checked_sub(BEHIND).unwrap_or(now);
        self.given_to.unwrap_or(now).max(earliest) + TICK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Inserts all silence due before `end`, each frame `late` after its time; returns their
    /// number.
    fn silence(pace: &mut SilenceInserter, end: Instant, late: Duration) -> u32 {
        let mut frames = 0;
        while let Some(due) = pace.due().filter(|due| *due + late < end) {
            pace.silent(due + late);
            frames += 1;
        }
        frames
    }

    #[test]
    fn a_microphone_that_stops_is_followed_by_silence_in_real_time() {
        let (mut pace, start) = (SilenceInserter::default(), parlor_common::clock::now());
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
        let (mut pace, start) = (SilenceInserter::default(), parlor_common::clock::now());
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
    fn audio_that_arrives_after_its_silence_is_no_burst() {
        let (mut pace, start) = (SilenceInserter::default(), parlor_common::clock::now());
        pace.open(start, true);
        pace.heard(start);
        let now = start + MS(400);
        let silent = silence(&mut pace, now, Duration::ZERO);
        let passed = (0..60).filter(|_| pace.heard(now)).count();
        assert_eq!((silent, passed), (20, 39), "at most 200 ms ahead");
        assert!(pace.heard(now + TICK), "and then as it arrives");
        assert!(!pace.heard(now + TICK));
    }

    #[test]
    fn audio_queued_while_the_task_was_delayed_is_not_lost() {
        let (mut pace, start) = (SilenceInserter::default(), parlor_common::clock::now());
        pace.open(start, true);
        pace.heard(start);
        let now = start + MS(400);
        assert!((0..39).all(|_| pace.heard(now)));
        let long_after = now + MS(5_000);
        let passed = (0..100).filter(|_| pace.heard(long_after)).count();
        assert_eq!(passed, 70, "the native queue, and 200 ms ahead");
    }
}
