//! Voice activity detection by energy, over an adaptive noise floor. Time is counted in samples at
//! 24 kHz.

use std::collections::VecDeque;

/// Samples per frame: 10 ms.
const FRAME: usize = 240;

/// Minimum level of speech, even in a quiet room.
const LEAST: f64 = 220.0;

/// Minimum ratio of speech to the noise floor.
const ABOVE_NOISE: f64 = 4.0;

/// Minimum number of loud frames in an onset; fewer are a click.
const SPOKEN_FRAMES: usize = 12;

/// Samples kept before the onset and after the end of a turn: 100 ms.
const MARGIN: usize = 10 * FRAME;

/// Maximum number of samples kept of a turn: 2 minutes.
const LONGEST: usize = 120 * 24_000;

/// Start or end of a turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The caller has started to speak.
    Started,
    /// The turn is over; its samples, with a margin before the first word and after the last.
    Stopped(Vec<i16>),
}

/// Detects the turns of one caller.
#[derive(Debug)]
pub(super) struct VoiceActivity {
    pending: Vec<i16>,
    /// The latest samples, or the whole turn.
    kept: VecDeque<i16>,
    noise: f64,
    turn: Option<Turn>,
    /// Silence that ends a turn, in samples.
    end_of_turn: usize,
}

#[derive(Debug, Default)]
struct Turn {
    /// Samples since the onset.
    length: usize,
    /// Samples from the onset to the end of the last loud frame.
    spoken: usize,
    loud_frames: usize,
    announced: bool,
}

impl VoiceActivity {
    pub(super) fn new(end_of_turn: usize) -> Self {
        Self {
            pending: Vec::new(),
            kept: VecDeque::new(),
            noise: LEAST / ABOVE_NOISE,
            turn: None,
            end_of_turn,
        }
    }

    /// Processes samples; `onset` is the number of samples of speech that start a turn.
    pub(super) fn hear(&mut self, samples: &[i16], onset: usize) -> Vec<Heard> {
        self.pending.extend_from_slice(samples);
        let whole = self.pending.len() / FRAME * FRAME;
        let frames: Vec<_> = self.pending.drain(..whole).collect();
        let heard = frames.chunks_exact(FRAME);
        heard.filter_map(|frame| self.frame(frame, onset)).collect()
    }

    /// Samples since the onset of the current turn; `None` if nobody speaks.
    pub(super) fn speaking_for(&self) -> Option<usize> {
        let turn = self.turn.as_ref().filter(|turn| turn.announced)?;
        Some(turn.length)
    }

    fn frame(&mut self, frame: &[i16], onset: usize) -> Option<Heard> {
        let level = loudness(frame);
        let loud = level > LEAST.max(self.noise * ABOVE_NOISE);
        self.keep(frame);
        let Some(turn) = &mut self.turn else {
            self.noise += (level - self.noise) * if level < self.noise { 0.2 } else { 0.01 };
            if loud {
                self.turn = Some(Turn::default());
            }
            return None;
        };
        turn.length += FRAME;
        if loud {
            turn.loud_frames += 1;
            turn.spoken = turn.length;
        }
        let silent = turn.length - turn.spoken;
        if !turn.announced && turn.length >= onset && turn.loud_frames >= SPOKEN_FRAMES {
            turn.announced = true;
            return Some(Heard::Started);
        }
        if silent < self.end_of_turn {
            return None;
        }
        let turn = self.turn.take()?;
        turn.announced.then(|| Heard::Stopped(self.cut(&turn)))
    }

    fn keep(&mut self, frame: &[i16]) {
        self.kept.extend(frame);
        let most = match &self.turn {
            Some(_) => LONGEST,
            None => MARGIN + FRAME,
        };
        let surplus = self.kept.len().saturating_sub(most);
        self.kept.drain(..surplus);
    }

    fn cut(&mut self, turn: &Turn) -> Vec<i16> {
        let silence = (turn.length - turn.spoken).saturating_sub(MARGIN);
        let length = self.kept.len().saturating_sub(silence);
        self.kept.drain(..).take(length).collect()
    }
}

fn loudness(frame: &[i16]) -> f64 {
    let sum: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / frame.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clips;

    const SECOND: usize = 24_000;
    const ONSET: usize = SECOND * 6 / 10;
    const END: usize = SECOND * 9 / 10;

    /// Pseudo-random noise of up to ±`level`, the same in each run.
    fn noise(seconds: usize, level: i16) -> Vec<i16> {
        let mut state = 1u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i16).wrapping_rem(level.max(1))
        };
        (0..seconds * SECOND).map(|_| next()).collect()
    }

    /// Feeds `samples` in 50 ms pieces; returns what was detected after how many samples.
    fn listen(voice_activity: &mut VoiceActivity, samples: &[i16]) -> Vec<(usize, Heard)> {
        let mut heard = Vec::new();
        for (index, piece) in samples.chunks(1_200).enumerate() {
            let found = voice_activity.hear(piece, ONSET);
            heard.extend(found.into_iter().map(|it| ((index + 1) * 1_200, it)));
        }
        heard
    }

    #[test]
    fn a_turn_is_detected_and_extracted() {
        for level in [1, 60, 120] {
            let clip = clips::find("caller-table").unwrap().samples();
            let mut samples = noise(2, level);
            samples.extend(&clip);
            samples.extend(noise(2, level));
            let mut voice_activity = VoiceActivity::new(END);
            let heard = listen(&mut voice_activity, &samples);
            let [(started, Heard::Started), (stopped, Heard::Stopped(turn))] = heard.as_slice()
            else {
                panic!("noise {level}: {heard:?}");
            };
            let onset = started - 2 * SECOND;
            assert!(
                (ONSET..ONSET + 6_000).contains(&onset),
                "onset after {onset}"
            );
            let end = stopped - 2 * SECOND - clip.len();
            assert!((END - 6_000..END + 6_000).contains(&end), "end after {end}");
            let longer = turn.len().abs_diff(clip.len());
            assert!(longer < SECOND / 2, "{} of {}", turn.len(), clip.len());
        }
    }

    #[test]
    fn a_click_is_not_speech() {
        let mut samples = noise(1, 50);
        samples.extend([12_000; FRAME * 3]);
        samples.extend(noise(3, 50));
        assert_eq!(listen(&mut VoiceActivity::new(END), &samples), []);
    }

    #[test]
    fn pauses_between_words_do_not_end_a_turn() {
        let clip = clips::find("caller-long").unwrap().samples();
        let mut samples = clip;
        samples.extend(noise(2, 50));
        let heard = listen(&mut VoiceActivity::new(END), &samples);
        assert_eq!(heard.len(), 2, "{heard:?}");
    }
}
