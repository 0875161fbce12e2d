//! Puts two voices on the clock of their call: pieces with times in, stereo out. Plain data.

use std::collections::VecDeque;
use std::time::Duration;

use parlor_core::audio::SAMPLE_RATE;

use crate::report::document::Speaker;

/// How far behind the newest piece the recording is written: late pieces and cuts come in time.
const HOLD: usize = SAMPLE_RATE as usize;

/// The most samples that are given at once: 1 s.
const BLOCK: usize = SAMPLE_RATE as usize;

/// Pieces of the caller that come late by less follow each other all the same: the network's
/// jitter is not heard.
const JITTER: usize = SAMPLE_RATE as usize / 5;

/// The same for the agent, of whom the room buffers so much.
const BUFFERED: usize = SAMPLE_RATE as usize * 6 / 100;

/// A voice that has got so far ahead of the clock is cut back to it.
const AHEAD: usize = SAMPLE_RATE as usize;

/// Both voices of a call.
#[derive(Debug, Default)]
pub(super) struct Mixer {
    caller: Track,
    agent: Track,
    /// Samples of each side given so far.
    given: usize,
    /// The newest time seen, in samples.
    newest: usize,
}

/// What is known of one voice and not given yet.
#[derive(Debug, Default)]
struct Track(VecDeque<i16>);

impl Mixer {
    /// Samples of one side, heard `at` that time; whether there was a place for them.
    pub(super) fn push(&mut self, side: Speaker, at: Duration, samples: &[i16]) -> bool {
        let at = position(at);
        self.newest = self.newest.max(at);
        let given = self.given;
        let (track, patience) = match side {
            Speaker::Caller => (&mut self.caller, JITTER),
            // What is handed over is played when all before it was.
            Speaker::Agent => (&mut self.agent, BUFFERED),
        };
        let end = given + track.0.len();
        if end > at + AHEAD {
            return false;
        }
        if at > end + patience {
            track.0.resize(at - given, 0);
        }
        track.0.extend(samples);
        true
    }

    /// What the agent was to say after that time is not heard.
    pub(super) fn cut(&mut self, at: Duration) {
        let at = position(at);
        self.newest = self.newest.max(at);
        self.agent.0.truncate(at.saturating_sub(self.given));
    }

    /// The time has come so far; to be told before a piece of that time is pushed.
    pub(super) fn advance(&mut self, at: Duration) {
        self.newest = self.newest.max(position(at));
    }

    /// The next stretch that nothing can change any more, interleaved; at most 1 s.
    pub(super) fn due(&mut self) -> Option<Vec<i16>> {
        let due = self.newest.saturating_sub(HOLD).saturating_sub(self.given);
        (due >= BLOCK).then(|| self.take(BLOCK))
    }

    /// The next stretch of what is left of a call that lasted so long; none at its end. Silence
    /// after the last piece is left out, but for a second.
    pub(super) fn rest(&mut self, lasted: Duration) -> Option<Vec<i16>> {
        let end = position(lasted).min(self.newest.saturating_add(HOLD));
        let left = end.saturating_sub(self.given);
        (left > 0).then(|| self.take(left.min(BLOCK)))
    }

    fn take(&mut self, frames: usize) -> Vec<i16> {
        let mut both = Vec::with_capacity(frames * 2);
        for _ in 0..frames {
            both.push(self.caller.0.pop_front().unwrap_or_default());
            both.push(self.agent.0.pop_front().unwrap_or_default());
        }
        self.given += frames;
        both
    }
}

/// The sample that is heard at that time.
pub(super) fn position(at: Duration) -> usize {
    let samples = at.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// All of a call that lasted so long, in milliseconds: each side, a value a millisecond.
    fn mixed(mut mixer: Mixer, lasted: u64) -> (Vec<i16>, Vec<i16>) {
        let mut all = Vec::new();
        while let Some(block) = mixer.rest(MS(lasted)) {
            assert!(block.len() <= 2 * BLOCK);
            all.extend(block);
        }
        assert_eq!(all.len() as u64, lasted * 48);
        let side = |side| all.iter().skip(side).step_by(48).copied().collect();
        (side(0), side(1))
    }

    fn ms(value: i16, length: usize) -> Vec<i16> {
        vec![value; length * 24]
    }

    #[test]
    fn silence_is_where_nothing_is_said() {
        let mut mixer = Mixer::default();
        assert!(mixer.push(Speaker::Agent, MS(300), &ms(7, 100)));
        assert!(mixer.push(Speaker::Caller, MS(1000), &ms(5, 10)));
        let (caller, agent) = mixed(mixer, 1500);
        assert_eq!(agent.iter().position(|it| *it == 7), Some(300));
        assert_eq!(agent.iter().filter(|it| **it == 7).count(), 100);
        assert_eq!(caller.iter().position(|it| *it == 5), Some(1000));
        assert_eq!(caller.iter().filter(|it| **it == 5).count(), 10);
    }

    #[test]
    fn jitter_leaves_no_holes_in_the_caller() {
        let mut mixer = Mixer::default();
        mixer.push(Speaker::Caller, MS(300), &ms(1, 10));
        for at in [400, 401, 402, 500] {
            mixer.push(Speaker::Caller, MS(at), &ms(1, 10));
        }
        let (caller, _) = mixed(mixer, 600);
        assert_eq!(caller[300..350], [1; 50]);
        assert_eq!(caller[350..], [0; 250]);
    }

    #[test]
    fn what_was_handed_over_early_is_heard_in_its_turn() {
        let mut mixer = Mixer::default();
        for at in [100, 100, 101, 120] {
            mixer.push(Speaker::Agent, MS(at), &ms(3, 20));
        }
        let (_, agent) = mixed(mixer, 200);
        assert_eq!(agent[100..180], [3; 80]);
        assert_eq!(agent[180..], [0; 20]);
    }

    #[test]
    fn what_an_interruption_cut_is_not_there() {
        let mut mixer = Mixer::default();
        mixer.push(Speaker::Agent, MS(100), &ms(3, 100));
        mixer.cut(MS(150));
        mixer.push(Speaker::Agent, MS(230), &ms(4, 10));
        let (_, agent) = mixed(mixer, 250);
        assert_eq!(agent[100..150], [3; 50]);
        assert_eq!(agent[150..230], [0; 80]);
        assert_eq!(agent[230..240], [4; 10]);
    }

    #[test]
    fn a_voice_does_not_run_away_from_the_clock() {
        let mut mixer = Mixer::default();
        assert!(mixer.push(Speaker::Caller, MS(0), &ms(1, 1001)));
        assert!(!mixer.push(Speaker::Caller, MS(0), &ms(1, 10)));
        assert!(mixer.push(Speaker::Caller, MS(10), &ms(1, 10)));
    }

    #[test]
    fn what_is_due_is_given_once_and_memory_stays_small() {
        let mut mixer = Mixer::default();
        let mut frames = 0;
        // An hour of silence in between is given piece by piece.
        for at in [0, 10, 3_600_000] {
            mixer.advance(MS(at));
            while let Some(block) = mixer.due() {
                assert_eq!(block.len(), 2 * BLOCK);
                frames += block.len() / 2;
            }
            mixer.push(Speaker::Agent, MS(at), &ms(1, 10));
            assert!(mixer.agent.0.len() <= 3 * BLOCK);
        }
        assert_eq!(frames, 3599 * BLOCK);
        let rest = mixer.rest(MS(3_600_010)).unwrap();
        assert_eq!(rest.len(), 2 * BLOCK);
    }
}
