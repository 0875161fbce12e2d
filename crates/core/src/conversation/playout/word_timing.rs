//! Text of a reply that was heard, derived from its audio that was heard.

use std::ops::Range;
use std::time::Duration;

use crate::secret::Private;

/// Maximum bytes of words kept per reply. Later words are only in the final text.
const WORDS: usize = 64 << 10;

/// How many bytes behind the previous word the next one may be found in the final text.
const REACH: usize = 32;

/// Words of one reply, with their times from its first sample.
#[derive(Debug, Default)]
pub(crate) struct WordTimings {
    words: Vec<Word>,
    bytes: usize,
}

/// Word from `transcript.agent.delta`.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) text: Private<String>,
    pub(crate) start: Option<Duration>,
    pub(crate) end: Option<Duration>,
}

impl WordTimings {
    pub(crate) fn push(&mut self, word: Word) {
        self.bytes += word.text.reveal().len() + size_of::<Word>();
        if self.bytes <= WORDS {
            self.words.push(word);
        }
    }

    /// Whether there are no words.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// All words, joined.
    pub(crate) fn joined(&self) -> String {
        join(self.words.iter().map(|word| word.text.reveal().as_str()))
    }

    /// Part of `text` that was heard, given the heard `spans` of the audio and their `share` of all
    /// of it.
    ///
    /// Uses the times of the words. If they have no times or are not found in `text`, cuts `text`
    /// in proportion. The result is never longer than `text`.
    pub(crate) fn heard(
        &self,
        text: Option<&str>,
        spans: &[Range<Duration>],
        share: f64,
    ) -> String {
        let timed = self.words.iter().any(Word::is_timed);
        match text {
            None if timed => join(self.said_in(spans)),
            None => cut(&self.joined(), share).to_owned(),
            Some(text) if timed => self
                .found(text, spans)
                .unwrap_or_else(|| cut(text, share).to_owned()),
            Some(text) => cut(text, share).to_owned(),
        }
    }

    /// Words that were played to their end. A word without a time is treated like the previous one.
    fn said_in(&self, spans: &[Range<Duration>]) -> impl Iterator<Item = &str> {
        self.verdicts(spans)
            .filter_map(|(word, was_heard)| was_heard.then_some(word))
    }

    /// The heard words as they appear in `text`, or `None` if most of them are not found in it.
    fn found(&self, text: &str, spans: &[Range<Duration>]) -> Option<String> {
        let (mut runs, mut cursor) = (Vec::<Range<usize>>::new(), 0);
        let (mut found, mut missed, mut in_run) = (0, 0, false);
        for (word, was_heard) in self.verdicts(spans) {
            let Some(place) = find(text, cursor, word) else {
                missed += usize::from(was_heard);
                continue;
            };
            cursor = place.end;
            match runs.last_mut() {
                Some(run) if was_heard && in_run => run.end = place.end,
                _ if was_heard => runs.push(place),
                _ => {}
            }
            found += usize::from(was_heard);
            in_run = was_heard;
        }
        (found >= missed).then(|| join(runs.into_iter().map(|run| &text[run])))
    }

    fn verdicts(&self, spans: &[Range<Duration>]) -> impl Iterator<Item = (&str, bool)> {
        let mut was_heard = spans.first().is_some_and(|span| span.start.is_zero());
        self.words.iter().map(move |word| {
            if let Some(at) = word.end.or(word.start) {
                was_heard = spans.iter().any(|span| span.start < at && at <= span.end);
            }
            (word.text.reveal().trim(), was_heard)
        })
    }
}

impl Word {
    fn is_timed(&self) -> bool {
        self.start.or(self.end).is_some()
    }
}

/// Finds `word` in `text`, at `cursor` or a little after it.
fn find(text: &str, cursor: usize, word: &str) -> Option<Range<usize>> {
    let rest = &text[cursor..];
    let mut reach = rest.len().min(REACH + word.len());
    while !rest.is_char_boundary(reach) {
        reach -= 1;
    }
    let at = cursor + rest[..reach].find(word)?;
    (!word.is_empty()).then_some(at..at + word.len())
}

/// The first `share` of `text`, in whole words.
fn cut(text: &str, share: f64) -> &str {
    if share >= 1.0 {
        return text;
    }
    let length = text.chars().count();
    let keep = (length as f64 * share.max(0.0)) as usize;
    let end = text
        .char_indices()
        .nth(keep)
        .map_or(text.len(), |(at, _)| at);
    let (kept, rest) = text.split_at(end);
    if rest.starts_with(char::is_whitespace) {
        return kept.trim_end();
    }
    let last_word = kept.rfind(char::is_whitespace).unwrap_or(0);
    kept[..last_word].trim_end()
}

/// Joins the pieces with spaces, unless they already have one or the next is punctuation.
fn join<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for piece in pieces {
        let apart = text.is_empty()
            || text.ends_with(char::is_whitespace)
            || piece
                .starts_with(|first: char| first.is_whitespace() || first.is_ascii_punctuation());
        if !apart {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn words(words: &[(&str, u64)]) -> WordTimings {
        let mut all = WordTimings::default();
        for (text, end) in words {
            all.push(Word {
                text: (*text).to_owned().into(),
                start: Some(ms(end - 100)),
                end: Some(ms(*end)),
            });
        }
        all
    }

    fn untimed(pieces: &[&str]) -> WordTimings {
        let mut all = WordTimings::default();
        for text in pieces {
            let text = (*text).to_owned().into();
            all.push(Word {
                text,
                start: None,
                end: None,
            });
        }
        all
    }

    #[test]
    fn words_count_once_they_are_played_to_their_end() {
        let words = words(&[("Hello,", 100), (" this ", 200), ("is", 300)]);
        let heard = |end| words.heard(Some("Hello, this is me."), &[ms(0)..ms(end)], 1.0);
        assert_eq!(heard(99), "");
        assert_eq!(heard(100), "Hello,");
        assert_eq!(heard(299), "Hello, this");
        assert_eq!(heard(900), "Hello, this is");
    }

    #[test]
    fn heard_text_is_never_longer_than_the_servers_text() {
        let words = words(&[("one", 100), ("two", 200), ("three", 300)]);
        assert_eq!(
            words.heard(Some("one two"), &[ms(0)..ms(900)], 1.0),
            "one two"
        );
        assert_eq!(words.heard(Some("un deux"), &[ms(0)..ms(900)], 0.5), "un");
    }

    #[test]
    fn without_the_servers_text_the_words_are_joined() {
        let words = words(&[("one", 100), ("two", 200), (".", 250), ("three", 300)]);
        assert_eq!(words.heard(None, &[ms(0)..ms(250)], 1.0), "one two.");
        assert_eq!(words.joined(), "one two. three");
    }

    #[test]
    fn a_flush_in_the_middle_leaves_a_gap() {
        let words = words(&[("one", 100), ("two", 200), ("three", 300), ("four", 400)]);
        let spans = [ms(0)..ms(100), ms(300)..ms(400)];
        assert_eq!(
            words.heard(Some("one two three four"), &spans, 0.5),
            "one four"
        );
        assert_eq!(words.heard(None, &spans, 0.5), "one four");
    }

    #[test]
    fn without_times_the_text_is_cut_in_proportion_at_a_word() {
        let none = WordTimings::default();
        let heard = |share| none.heard(Some("one two three"), &[], share);
        assert_eq!(heard(0.0), "");
        assert_eq!(heard(0.2), "");
        assert_eq!(heard(0.25), "one");
        assert_eq!(heard(0.6), "one two");
        assert_eq!(heard(1.0), "one two three");
        assert_eq!(heard(f64::NAN), "");
        assert_eq!(untimed(&["one", "two"]).heard(None, &[], 0.5), "one");
        assert_eq!(none.heard(Some("äöü äöü"), &[], 0.5), "äöü");
    }

    #[test]
    fn words_are_bounded() {
        let mut words = WordTimings::default();
        for _ in 0..10_000 {
            words.push(Word {
                text: "word".to_owned().into(),
                start: None,
                end: None,
            });
        }
        assert!(words.words.len() < 2_000, "{}", words.words.len());
    }
}
