//! One reply of the agent: what the server sent of it and what was heard.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::playlist::length;
use super::word_timing::WordTimings;
use crate::conversation::context::Context;
use crate::conversation::{Action, Caption, Fact, Utterance};
use crate::ids::ReplyId;
use crate::secret::Private;

/// How long the text and the playout report may take to arrive after a reply is over.
pub(crate) const SETTLE_WITHIN: Duration = Duration::from_secs(1);

/// Maximum spans of heard audio per reply. Further ones are merged into the last.
const SPANS: usize = 64;

/// Progress of a reply at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The server is generating it.
    Open,
    /// All of it was sent.
    Done,
    /// All of it was sent, and the caller interrupted its playout.
    Cut,
    /// The server reported that the caller interrupted it.
    Interrupted,
}

/// One reply, from its start at the server to the last sample heard.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Index of the reply in the call.
    pub(crate) serial: u32,
    pub(crate) id: Option<ReplyId>,
    /// Its first utterance, once it has one.
    pub(crate) utterance: Option<Utterance>,
    pub(crate) stage: Stage,
    /// A flush caused by the caller dropped some of it.
    pub(crate) cut_by_caller: bool,
    /// It is shown but not played.
    pub(crate) in_writing: bool,
    /// Number of samples given to playout.
    pub(crate) received: u64,
    /// Number of samples known to be heard.
    heard: u64,
    /// Spans of the heard samples.
    spans: Vec<Range<Duration>>,
    pub(crate) words: WordTimings,
    pub(crate) text: Option<Private<String>>,
    /// Text of its captions so far.
    shown: Private<String>,
    /// The rest of it is unwanted, and the server does not know.
    rest_dropped: bool,
    /// When it is closed even if not everything is known.
    pub(crate) due: Option<Instant>,
}

/// Summary of a closed reply.
pub(crate) struct ReplySummary {
    pub(crate) utterance: Utterance,
    pub(crate) played: Duration,
    /// Text that was heard; may be empty.
    pub(crate) text: String,
    /// Whether the caller interrupted it.
    pub(crate) interrupted: bool,
    /// Whether captions of it were published.
    was_shown: bool,
}

impl ReplySummary {
    /// Emits the final caption and the facts.
    pub(crate) fn emit(self, cx: &mut Context) {
        let (utterance, interrupted) = (self.utterance, self.interrupted);
        if interrupted {
            let played = self.played;
            cx.observe(Fact::Interrupted { utterance, played });
        }
        let text = Private::from(self.text);
        if self.was_shown || !text.reveal().is_empty() {
            cx.act(Action::Caption(Caption::AgentDone {
                utterance,
                text: text.clone(),
                interrupted,
            }));
        }
        if !text.reveal().is_empty() {
            cx.observe(Fact::AgentTranscript {
                utterance,
                text,
                interrupted,
            });
        }
    }
}

impl Reply {
    pub(crate) fn new(serial: u32, id: Option<ReplyId>, in_writing: bool) -> Self {
        Self {
            serial,
            id,
            utterance: None,
            stage: Stage::Open,
            cut_by_caller: false,
            in_writing,
            received: 0,
            heard: 0,
            spans: Vec::new(),
            words: WordTimings::default(),
            text: None,
            shown: Private::default(),
            rest_dropped: false,
            due: None,
        }
    }

    pub(crate) fn is_named(&self, id: &ReplyId) -> bool {
        self.id.as_ref() == Some(id)
    }

    /// Whether it has no ID yet, and the next unknown ID may be its own.
    pub(crate) fn is_nameless(&self) -> bool {
        self.id.is_none() && self.stage == Stage::Open
    }

    /// Whether more of it may be played.
    pub(crate) fn is_playable(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Done)
    }

    /// Whether the server has sent words of it.
    pub(crate) fn has_words(&self) -> bool {
        let text = self.text.as_ref().map(|text| text.reveal().as_str());
        !text.unwrap_or_default().trim().is_empty() || !self.words.is_empty()
    }

    /// Whether audio with `id` may belong to it.
    pub(crate) fn may_be(&self, id: &ReplyId) -> bool {
        self.is_named(id) || self.is_nameless()
    }

    /// The caller does not want the rest of it, although the server continues it.
    pub(crate) fn drop_for_caller(&mut self) {
        self.drop_rest();
        self.cut_by_caller = true;
    }

    /// The rest of it is not played, although the server continues it.
    pub(crate) fn drop_rest(&mut self) {
        self.rest_dropped = true;
    }

    /// Whether the server continues it although the rest is unwanted.
    pub(crate) fn is_rest_dropped(&self) -> bool {
        self.rest_dropped && self.stage == Stage::Open
    }

    /// The server is done with it.
    pub(crate) fn finish(&mut self) {
        self.stage = match self.rest_dropped {
            true => Stage::Interrupted,
            false => Stage::Done,
        };
    }

    /// Returns the words heard since the last time. `playing` are the heard samples of segments
    /// that are not settled.
    pub(crate) fn newly_heard(
        &mut self,
        playing: impl Iterator<Item = Range<u64>>,
    ) -> Option<(Utterance, String)> {
        let utterance = self.utterance?;
        let (mut spans, mut heard) = (self.spans.clone(), self.heard);
        for samples in playing.filter(|samples| !samples.is_empty()) {
            heard += samples.end - samples.start;
            spans.push(length(samples.start)..length(samples.end));
        }
        let share = heard as f64 / self.received.max(1) as f64;
        let text = self.words.heard(None, &spans, share);
        let more = text.strip_prefix(self.shown.reveal().as_str())?.to_owned();
        self.shown = text.into();
        (!more.is_empty()).then_some((utterance, more))
    }

    /// Records that `samples` samples were heard, starting with sample `from`.
    pub(crate) fn add(&mut self, from: u64, samples: u64) {
        self.heard += samples;
        let to = length(from + samples);
        let is_full = self.spans.len() == SPANS;
        match self.spans.last_mut() {
            Some(last) if is_full || last.end >= length(from) => last.end = last.end.max(to),
            _ => self.spans.push(length(from)..to),
        }
    }

    /// A flush caused by the caller dropped some of it. If the server has already sent all of it,
    /// this is its end.
    pub(crate) fn cut_by_caller(&mut self) {
        self.cut_by_caller = true;
        if self.stage == Stage::Done {
            self.stage = Stage::Cut;
        }
    }

    /// Whether it can be closed, because everything is known or the deadline has passed.
    pub(crate) fn is_settled(&mut self, now: Instant, is_busy: bool, is_reported: bool) -> bool {
        if self.due.is_some_and(|due| due <= now) {
            return true;
        }
        if self.stage == Stage::Open || is_busy {
            return false;
        }
        let is_text_known = self.text.is_some() || self.utterance.is_none();
        if is_reported && is_text_known {
            return true;
        }
        self.due.get_or_insert(now + SETTLE_WITHIN);
        false
    }

    /// Returns its summary, or `None` if none of it was given to playout.
    pub(crate) fn summarize(self) -> Option<ReplySummary> {
        let is_cut = self.stage == Stage::Interrupted || self.heard < self.received;
        let text = self.text.as_ref().map(|text| text.reveal().as_str());
        let text = if is_cut {
            let share = self.heard as f64 / self.received as f64;
            self.words.heard(text, &self.spans, share)
        } else {
            text.map_or_else(|| self.words.joined(), str::to_owned)
        };
        Some(ReplySummary {
            utterance: self.utterance?,
            played: length(self.heard),
            text,
            interrupted: is_cut && self.cut_by_caller,
            was_shown: !self.shown.reveal().is_empty(),
        })
    }
}
