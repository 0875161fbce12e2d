//! The agent's speech: samples, words, and their timing.

/// The API's voices, as of September 2026.
pub(super) const VOICES: [&str; 18] = [
    "alba", "anna", "charles", "estelle", "eve", "george", "giovanni", "iris", "jane", "jean",
    "juergen", "lola", "mary", "michael", "paul", "rafael", "reid", "vera",
];

/// Samples of silence before each reply: 200 ms, as in the API.
const LEAD: usize = 4_800;

/// The API's default voice; the clips stand for it.
const OWN: &str = "anna";

/// Pitch of a voice relative to the clips. Each of the API's voices has a different one, and
/// alphabetical neighbours differ clearly.
pub(super) fn pitch_of(voice: &str) -> f64 {
    let at = VOICES.iter().position(|it| *it == voice && *it != OWN);
    let step = |at: usize| (at * 7 % VOICES.len()) as f64;
    at.map_or(1.0, |at| 0.79 + 0.025 * step(at))
}

/// One utterance.
#[derive(Debug)]
pub(super) struct Speech {
    /// Mono, 24 kHz; starts with silence.
    pub(super) samples: Vec<i16>,
    /// The spoken text.
    pub(super) text: String,
    /// Its words and their timing.
    pub(super) words: Vec<Word>,
}

/// A word; times are in milliseconds from the first sample.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Starts with a space, except for the first word.
    pub(super) text: String,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Speech {
    pub(super) fn new(samples: &[i16], text: &str) -> Self {
        let mut all = vec![0; LEAD];
        all.extend_from_slice(samples);
        Self {
            words: words(text, LEAD as u64 / 24, samples.len() as u64 / 24),
            samples: all,
            text: text.to_owned(),
        }
    }

    /// Raises pitch and tempo by `factor`; below 1 lowers them.
    pub(super) fn change_pitch(&mut self, factor: f64) {
        if factor == 1.0 {
            return;
        }
        self.samples = played_at(&self.samples, factor);
        let sooner = |at: u64| (at as f64 / factor) as u64;
        for word in &mut self.words {
            (word.start, word.end) = (sooner(word.start), sooner(word.end));
        }
    }

    /// The words that started within the first `samples` samples.
    pub(super) fn said_by(&self, samples: usize) -> String {
        let now = samples as u64 / 24;
        let said = self.words.iter().take_while(|word| word.start < now);
        said.map(|word| word.text.as_str()).collect()
    }
}

/// Resamples `samples` to play `factor` times as fast.
fn played_at(samples: &[i16], factor: f64) -> Vec<i16> {
    let last = samples.len().saturating_sub(1);
    let sample = |at: f64| {
        let before = at as usize;
        let [a, b] = [before, before + 1].map(|it| f64::from(samples[it.min(last)]));
        (a + (b - a) * at.fract()) as i16
    };
    let length = (samples.len() as f64 / factor) as usize;
    (0..length).map(|it| sample(it as f64 * factor)).collect()
}

/// Spreads words over `length` milliseconds in proportion to their letters.
fn words(text: &str, lead: u64, length: u64) -> Vec<Word> {
    let letters = |word: &str| word.chars().count() as u64 + 1;
    let total: u64 = text.split_whitespace().map(letters).sum();
    let mut before = 0;
    let spread = |word: &str| {
        let at = |letters: u64| lead + length * letters / total.max(1);
        let start = at(before);
        let space = if before == 0 { "" } else { " " };
        before += letters(word);
        Word {
            text: format!("{space}{word}"),
            start,
            end: at(before),
        }
    };
    text.split_whitespace().map(spread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_span_the_audio_and_add_up_to_the_text() {
        let speech = Speech::new(&[1; 24_000], "one three five");
        let text: String = speech.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(text, "one three five");
        assert_eq!(speech.words[0].start, 200);
        assert_eq!(speech.words[2].end, 1_200);
        assert_eq!(speech.said_by(0), "");
        assert_eq!(speech.said_by(24 * 201), "one");
        assert_eq!(speech.said_by(usize::MAX / 2), "one three five");
    }

    /// Upward zero crossings per second.
    fn hertz(samples: &[i16]) -> f64 {
        let crossings = samples.windows(2).filter(|it| it[0] < 0 && it[1] >= 0);
        crossings.count() as f64 * 24_000.0 / samples.len() as f64
    }

    #[test]
    fn each_voice_has_a_different_pitch() {
        let pitches: Vec<_> = VOICES.iter().map(|voice| pitch_of(voice)).collect();
        assert!(
            pitches.iter().all(|it| (0.75..1.25).contains(it)),
            "{pitches:?}"
        );
        let mut sorted = pitches;
        sorted.sort_by(f64::total_cmp);
        let differ = sorted.windows(2).all(|it| it[1] - it[0] > 0.005);
        assert!(differ, "{sorted:?}");
        assert_eq!((pitch_of("anna"), pitch_of("nobody")), (1.0, 1.0));
    }

    #[test]
    fn a_higher_voice_is_faster_and_its_word_times_match() {
        let wave = |at| ((f64::from(at) * std::f64::consts::TAU / 80.0).sin() * 9_000.0) as i16;
        let samples: Vec<_> = (0..24_000).map(wave).collect();
        for factor in [0.8, 1.0, 1.25] {
            let mut speech = Speech::new(&samples, "one three five");
            speech.change_pitch(factor);
            let lead = (LEAD as f64 / factor) as usize;
            let spoken = &speech.samples[lead..];
            assert_eq!(
                spoken.len(),
                (24_000.0 / factor).round() as usize,
                "{factor}"
            );
            assert!((hertz(spoken) - 300.0 * factor).abs() < 3.0, "{factor}");
            let last = speech.words.last().unwrap();
            let ends = speech.samples.len() as u64 / 24;
            assert!(last.end.abs_diff(ends) <= 1, "{factor}: {last:?}, {ends}");
            assert_eq!(speech.said_by(usize::MAX / 2), "one three five");
        }
        let mut silence = Speech::new(&[], "");
        silence.change_pitch(1.25);
        assert_eq!(silence.samples.len(), 3_840);
        assert_eq!(played_at(&[], 0.8), [0; 0]);
    }
}
