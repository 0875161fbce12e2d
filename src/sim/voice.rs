//! What the agent says: samples, words, and when each word is heard.

/// Samples of silence before each reply: 200 ms, as the API has it.
const LEAD: usize = 4_800;

/// One utterance.
#[derive(Debug)]
pub(super) struct Speech {
    /// Mono, 24 kHz, silence first.
    pub(super) samples: Vec<i16>,
    /// What is said.
    pub(super) text: String,
    /// Its words in time.
    pub(super) words: Vec<Word>,
}

/// One word, in milliseconds from the first sample.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// With a space in front, but for the first.
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

    /// The words that were begun in the first `samples`.
    pub(super) fn said_by(&self, samples: usize) -> String {
        let now = samples as u64 / 24;
        let said = self.words.iter().take_while(|word| word.start < now);
        said.map(|word| word.text.as_str()).collect()
    }
}

/// Spreads words over `length` milliseconds by their number of letters.
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
    fn words_fill_the_time_and_make_the_text_again() {
        let speech = Speech::new(&[1; 24_000], "one three five");
        let text: String = speech.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(text, "one three five");
        assert_eq!(speech.words[0].start, 200);
        assert_eq!(speech.words[2].end, 1_200);
        assert_eq!(speech.said_by(0), "");
        assert_eq!(speech.said_by(24 * 201), "one");
        assert_eq!(speech.said_by(usize::MAX / 2), "one three five");
    }
}
