//! Aligns both sides of a call in time: timestamped audio in, stereo out. Performs no I/O.

use std::collections::VecDeque;
use std::time::Duration;

use parlor_core::audio::SAMPLE_RATE;

use crate::document::Speaker;

/// How far the recording is written behind the newest audio, so that late audio and cuts can still
/// be applied. In samples: 1 s.
const HOLD: usize = SAMPLE_RATE as usize;

/// Maximum length of a block, in samples per side: 1 s.
const BLOCK: usize = SAMPLE_RATE as usize;

/// Audio of the caller that is late by up to 200 ms follows the audio before it without a gap, so
/// that network jitter is not audible. In samples.
const JITTER: usize = SAMPLE_RATE as usize / 5;

/// The same for the agent: 60 ms, as much as the room buffers. In samples.
const BUFFERED: usize = SAMPLE_RATE as usize * 6 / 100;

/// Audio is dropped while its side is ahead of the clock by more than this. In samples: 1 s.
const AHEAD: usize = SAMPLE_RATE as usize;

/// Both sides of a call.
#[derive(Debug, Default)]
pub(super) struct Mixer {
    caller: Track,
    agent: Track,
    /// Number of samples per side that were returned so far.
    written: usize,
    /// The latest time so far, in samples.
    newest: usize,
}

/// Audio of one side that was not returned yet.
#[derive(Debug, Default)]
struct Track(VecDeque<i16>);

impl Mixer {
    /// Adds samples of one side that are heard at `at`. Returns `false` if they are dropped because
    /// their side is too far ahead of the clock.
    pub(super) fn add(&mut self, side: Speaker, at: Duration, samples: &[i16]) -> bool {
        let at = position(at);
        self.newest = self.newest.max(at);
        let written = self.written;
        let (track, patience) = match side {
            Speaker::Caller => (&mut self.caller, JITTER),
            // The room plays audio after everything that it got before.
            Speaker::Agent => (&mut self.agent, BUFFERED),
        };
        let end = written + track.0.len();
        if end > at + AHEAD {
            return false;
        }
        if at > end + patience {
            track.0.resize(at - written, 0);
        }
        track.0.extend(samples);
        true
    }

    /// Removes the agent's audio after the time `at`.
    pub(super) fn cut(&mut self, at: Duration) {
        let at = position(at);
        self.newest = self.newest.max(at);
        self.agent.0.truncate(at.saturating_sub(self.written));
    }

    /// Advances the clock to `at`. Must be called before audio of that time is pushed.
    pub(super) fn advance(&mut self, at: Duration) {
        self.newest = self.newest.max(position(at));
    }

    /// The next block that is final, 1 s of interleaved samples; `None` if there is none yet.
    pub(super) fn due(&mut self) -> Option<Vec<i16>> {
        let due = self
            .newest
            .saturating_sub(HOLD)
            .saturating_sub(self.written);
        (due >= BLOCK).then(|| self.take(BLOCK))
    }

    /// The next block of the remaining audio of a call that lasted `lasted`; `None` at its end.
    /// Leaves out silence after the last audio, except for a second.
    pub(super) fn rest(&mut self, lasted: Duration) -> Option<Vec<i16>> {
        let end = position(lasted).min(self.newest.saturating_add(HOLD));
        let left = end.saturating_sub(self.written);
        (left > 0).then(|| self.take(left.min(BLOCK)))
    }

    fn take(&mut self, frames: usize) -> Vec<i16> {
        let mut both = Vec::with_capacity(frames * 2);
        for _ in 0..frames {
            both.push(self.caller.0.pop_front().unwrap_or_default());
            both.push(self.agent.0.pop_front().unwrap_or_default());
        }
        self.written += frames;
        both
    }
}

/// Index of the sample that is heard at the time `at`.
pub(super) fn position(at: Duration) -> usize {
    let samples = at.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Mixes a call that lasted `lasted` ms. Returns one sample per millisecond of each side.
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
    fn gaps_are_silent() {
        let mut mixer = Mixer::default();
        assert!(mixer.add(Speaker::Agent, MS(300), &ms(7, 100)));
        assert!(mixer.add(Speaker::Caller, MS(1000), &ms(5, 10)));
        let (caller, agent) = mixed(mixer, 1500);
        assert_eq!(agent.iter().position(|it| *it == 7), Some(300));
        assert_eq!(agent.iter().filter(|it| **it == 7).count(), 100);
        assert_eq!(caller.iter().position(|it| *it == 5), Some(1000));
        assert_eq!(caller.iter().filter(|it| **it == 5).count(), 10);
    }

    #[test]
    fn jitter_leaves_no_gaps_in_the_callers_audio() {
        let mut mixer = Mixer::default();
        mixer.add(Speaker::Caller, MS(300), &ms(1, 10));
        for at in [400, 401, 402, 500] {
            mixer.add(Speaker::Caller, MS(at), &ms(1, 10));
        }
        let (caller, _) = mixed(mixer, 600);
        assert_eq!(caller[300..350], [1; 50]);
        assert_eq!(caller[350..], [0; 250]);
    }

    #[test]
    fn audio_that_arrives_early_is_played_in_order() {
        let mut mixer = Mixer::default();
        for at in [100, 100, 101, 120] {
            mixer.add(Speaker::Agent, MS(at), &ms(3, 20));
        }
        let (_, agent) = mixed(mixer, 200);
        assert_eq!(agent[100..180], [3; 80]);
        assert_eq!(agent[180..], [0; 20]);
    }

    #[test]
    fn interrupted_audio_is_left_out() {
        let mut mixer = Mixer::default();
        mixer.add(Speaker::Agent, MS(100), &ms(3, 100));
        mixer.cut(MS(150));
        mixer.add(Speaker::Agent, MS(230), &ms(4, 10));
        let (_, agent) = mixed(mixer, 250);
        assert_eq!(agent[100..150], [3; 50]);
        assert_eq!(agent[150..230], [0; 80]);
        assert_eq!(agent[230..240], [4; 10]);
    }

    #[test]
    fn audio_ahead_of_the_clock_is_dropped() {
        let mut mixer = Mixer::default();
        assert!(mixer.add(Speaker::Caller, MS(0), &ms(1, 1001)));
        assert!(!mixer.add(Speaker::Caller, MS(0), &ms(1, 10)));
        assert!(mixer.add(Speaker::Caller, MS(10), &ms(1, 10)));
    }

    #[test]
    fn blocks_are_returned_once_and_memory_stays_small() {
        let mut mixer = Mixer::default();
        let mut frames = 0;
        // The hour of silence in between is returned block by block.
        for at in [0, 10, 3_600_000] {
            mixer.advance(MS(at));
            while let Some(block) = mixer.due() {
                assert_eq!(block.len(), 2 * BLOCK);
                frames += block.len() / 2;
            }
            mixer.add(Speaker::Agent, MS(at), &ms(1, 10));
            assert!(mixer.agent.0.len() <= 3 * BLOCK);
        }
        assert_eq!(frames, 3599 * BLOCK);
        let rest = mixer.rest(MS(3_600_010)).unwrap();
        assert_eq!(rest.len(), 2 * BLOCK);
    }
}
