//! Mixes several microphones into one, 10 ms at a time. Late audio is dropped, never queued.

use std::collections::VecDeque;

use parlor_core::audio::{Frame, SAMPLES_PER_10_MS, loudness};
use parlor_core::ids::Identity;

use super::active_speaker::ActiveSpeaker;

/// Samples buffered before a voice starts to play, so that it does not stutter: 20 ms.
const LEAD: usize = 2 * SAMPLES_PER_10_MS;

/// Maximum samples buffered for a voice: 60 ms.
const LONGEST: usize = 6 * SAMPLES_PER_10_MS;

/// Mixes the audio of callers.
#[derive(Debug)]
pub(super) struct Mixer {
    /// Whether only the active speaker is heard.
    only_loudest: bool,
    voices: Vec<Voice>,
    active_speaker: ActiveSpeaker,
    /// Samples dropped because they were late.
    late: u64,
}

#[derive(Debug)]
struct Voice {
    who: Identity,
    waiting: VecDeque<i16>,
    is_playing: bool,
    /// Loudness, which decays slowly between words.
    level: u64,
    /// The next 10 ms; empty if too little is buffered.
    now: Vec<i16>,
}

impl Mixer {
    pub(super) fn new(only_loudest: bool) -> Self {
        Self {
            only_loudest,
            voices: Vec::new(),
            active_speaker: ActiveSpeaker::default(),
            late: 0,
        }
    }

    /// Sets the callers that are mixed; drops all others.
    pub(super) fn keep(&mut self, who: &[&Identity]) {
        self.voices.retain(|voice| who.contains(&&voice.who));
        for &who in who {
            if !self.voices.iter().any(|voice| voice.who == *who) {
                self.voices.push(Voice::new(who.clone()));
            }
        }
    }

    /// Buffers samples of the caller `who`; ignores callers that are not mixed.
    pub(super) fn push(&mut self, who: &Identity, samples: &[i16]) {
        if let Some(voice) = self.voices.iter_mut().find(|voice| voice.who == *who) {
            self.late += voice.push(samples) as u64;
        }
    }

    /// Mixes the next 10 ms.
    pub(super) fn mix(&mut self) -> Frame {
        for voice in &mut self.voices {
            voice.advance();
        }
        let levels = self.voices.iter().map(|voice| (&voice.who, voice.level));
        let speaker = self.active_speaker.update(levels);
        let mut sum = [0_i32; SAMPLES_PER_10_MS];
        for voice in &self.voices {
            if self.only_loudest && Some(&voice.who) != speaker {
                continue;
            }
            for (sum, sample) in sum.iter_mut().zip(&voice.now) {
                *sum += i32::from(*sample);
            }
        }
        Frame::new(sum.map(saturated).to_vec())
    }

    /// The caller who is speaking.
    pub(super) fn speaker(&self) -> Option<&Identity> {
        self.active_speaker.speaker()
    }

    /// Samples dropped because they were late, so far.
    pub(super) fn late(&self) -> u64 {
        self.late
    }
}

impl Voice {
    fn new(who: Identity) -> Self {
        Self {
            who,
            waiting: VecDeque::with_capacity(LONGEST),
            is_playing: false,
            level: 0,
            now: Vec::with_capacity(SAMPLES_PER_10_MS),
        }
    }

    /// Buffers samples; returns how many older ones are dropped to make room.
    fn push(&mut self, samples: &[i16]) -> usize {
        self.waiting.extend(samples);
        let late = self.waiting.len().saturating_sub(LONGEST);
        self.waiting.drain(..late);
        late
    }

    fn advance(&mut self) {
        let enough = if self.is_playing {
            SAMPLES_PER_10_MS
        } else {
            LEAD
        };
        self.is_playing = self.waiting.len() >= enough;
        self.now.clear();
        if self.is_playing {
            self.now.extend(self.waiting.drain(..SAMPLES_PER_10_MS));
        }
        self.level = loudness(&self.now).max(self.level - self.level.div_ceil(8));
    }
}

fn saturated(sum: i32) -> i16 {
    i16::try_from(sum).unwrap_or(if sum < 0 { i16::MIN } else { i16::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_MS: usize = SAMPLES_PER_10_MS;

    fn mixer(only_loudest: bool, who: &[&str]) -> Mixer {
        let mut mixer = Mixer::new(only_loudest);
        keep(&mut mixer, who);
        mixer
    }

    fn keep(mixer: &mut Mixer, who: &[&str]) {
        let who: Vec<Identity> = who.iter().map(|it| (*it).into()).collect();
        mixer.keep(&who.iter().collect::<Vec<_>>());
    }

    fn push(mixer: &mut Mixer, who: &str, of: i16, frames: usize) {
        mixer.push(&who.into(), &vec![of; frames * TEN_MS]);
    }

    /// The value of all samples in the next 10 ms.
    fn next(mixer: &mut Mixer) -> i16 {
        let frame = mixer.mix();
        let first = frame.samples()[0];
        assert_eq!(frame.samples(), [first; TEN_MS]);
        first
    }

    #[test]
    fn voices_are_added_with_saturation() {
        let mut mixer = mixer(false, &["ada", "bob", "cleo"]);
        for (who, of) in [("ada", 1_000), ("bob", -300), ("cleo", 5)] {
            push(&mut mixer, who, of, 2);
        }
        assert_eq!(next(&mut mixer), 705);
        for who in ["ada", "bob", "cleo"] {
            push(&mut mixer, who, i16::MAX, 1);
        }
        assert_eq!(next(&mut mixer), 705);
        assert_eq!(next(&mut mixer), i16::MAX);
        for who in ["ada", "bob"] {
            push(&mut mixer, who, i16::MIN, 2);
        }
        assert_eq!(next(&mut mixer), i16::MIN);
    }

    #[test]
    fn a_voice_is_silent_until_20_ms_are_buffered() {
        let mut mixer = mixer(false, &["ada"]);
        assert_eq!(next(&mut mixer), 0);
        push(&mut mixer, "ada", 7, 1);
        assert_eq!(next(&mut mixer), 0);
        push(&mut mixer, "ada", 8, 1);
        let heard = [(); 4].map(|()| next(&mut mixer));
        assert_eq!(heard, [7, 8, 0, 0]);
    }

    #[test]
    fn late_audio_is_dropped_and_counted() {
        let mut mixer = mixer(false, &["ada"]);
        push(&mut mixer, "ada", 1, 6);
        assert_eq!(mixer.late(), 0);
        push(&mut mixer, "ada", 2, 2);
        assert_eq!(mixer.late(), 2 * TEN_MS as u64);
        let heard = [(); 7].map(|()| next(&mut mixer));
        assert_eq!(heard, [1, 1, 1, 1, 2, 2, 0]);
        push(&mut mixer, "ada", 3, 1_000);
        assert_eq!(mixer.voices[0].waiting.len(), LONGEST);
    }

    #[test]
    fn callers_join_and_leave_the_mix() {
        let mut mixer = mixer(false, &["ada"]);
        push(&mut mixer, "ada", 10, 6);
        assert_eq!(next(&mut mixer), 10);
        push(&mut mixer, "bob", 100, 3);
        assert_eq!(next(&mut mixer), 10, "bob is not mixed yet");
        keep(&mut mixer, &["ada", "bob"]);
        push(&mut mixer, "bob", 200, 3);
        assert_eq!(next(&mut mixer), 210);
        keep(&mut mixer, &["bob"]);
        assert_eq!(
            next(&mut mixer),
            200,
            "no sample of a caller who stays is lost"
        );
        assert_eq!(next(&mut mixer), 200);
        assert_eq!(next(&mut mixer), 0);
    }

    #[test]
    fn only_the_loudest_caller_is_heard_and_reported() {
        let mut mixer = mixer(true, &["ada", "bob"]);
        let mut heard = Vec::new();
        for (ada, bob) in [(2_000, 300), (0, 2_500)] {
            for tick in 0..50 {
                push(&mut mixer, "ada", ada, if tick == 0 { 2 } else { 1 });
                push(&mut mixer, "bob", bob, if tick == 0 { 2 } else { 1 });
                heard.push(next(&mut mixer));
            }
        }
        assert!(heard[..50].iter().all(|it| *it == 2_000));
        let switched = heard.iter().position(|it| *it == 2_500);
        assert!(
            switched.is_some_and(|at| (79..=83).contains(&at)),
            "{switched:?}"
        );
        assert_eq!(mixer.speaker(), Some(&"bob".into()));
    }
}
