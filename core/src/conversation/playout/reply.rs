//! One reply of the agent: what the server says of it and what of it was heard.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::playlist::length;
use super::word_timing::WordTimings;
use crate::conversation::context::Context;
use crate::conversation::{Action, Caption, Fact, Utterance};
use crate::ids::ReplyId;
use crate::secret::Private;

/// How long after a reply is over its text and its playout report may come.
pub(crate) const SETTLE_WITHIN: Duration = Duration::from_secs(1);

/// Spans of a reply that were heard; after that many flushes they grow together.
const SPANS: usize = 64;

/// What the server says of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It is being made.
    Open,
    /// All of it was sent.
    Done,
    /// All of it was sent, and the caller cut it short here.
    Cut,
    /// The server says that the caller cut it short.
    Interrupted,
}

/// One reply, from its start at the server to the last sample heard here.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Its place among the replies of the call.
    pub(crate) serial: u32,
    pub(crate) id: Option<ReplyId>,
    /// Its first stretch, once it has one.
    pub(crate) utterance: Option<Utterance>,
    pub(crate) stage: Stage,
    /// A flush on the caller's behalf took something of it.
    pub(crate) cut_by_caller: bool,
    /// It is shown and not heard.
    pub(crate) in_writing: bool,
    /// Samples given to playout.
    pub(crate) received: u64,
    /// Samples known to be heard.
    heard: u64,
    /// Where those samples are.
    spans: Vec<Range<Duration>>,
    pub(crate) words: WordTimings,
    pub(crate) text: Option<Private<String>>,
    /// What the room was shown of it.
    shown: Private<String>,
    /// We want nothing more of it, and the server does not know.
    silenced: bool,
    /// When the account is closed with what is known.
    pub(crate) due: Option<Instant>,
}

/// What is told of a reply when its account is closed.
pub(crate) struct ReplySummary {
    pub(crate) utterance: Utterance,
    pub(crate) played: Duration,
    /// What was heard; may be empty.
    pub(crate) text: String,
    /// Whether the caller cut it short.
    pub(crate) interrupted: bool,
    /// Whether the room was shown something of it.
    was_shown: bool,
}

impl ReplySummary {
    /// Tells what was heard, and whether it was cut short.
    pub(crate) fn tell(self, cx: &mut Context) {
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
            silenced: false,
            due: None,
        }
    }

    pub(crate) fn is_named(&self, id: &ReplyId) -> bool {
        self.id.as_ref() == Some(id)
    }

    /// Whether it came without a name, and may be what the server calls by the next new one.
    pub(crate) fn is_nameless(&self) -> bool {
        self.id.is_none() && self.stage == Stage::Open
    }

    /// Whether more of it may be heard.
    pub(crate) fn is_playable(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Done)
    }

    /// Whether the server has said what it says.
    pub(crate) fn has_words(&self) -> bool {
        let text = self.text.as_ref().map(|text| text.reveal().as_str());
        !text.unwrap_or_default().trim().is_empty() || !self.words.is_empty()
    }

    /// Whether audio that names `id` may be its own.
    pub(crate) fn may_be(&self, id: &ReplyId) -> bool {
        self.is_named(id) || self.is_nameless()
    }

    /// The caller wants to hear nothing more of it, though the server goes on with it.
    pub(crate) fn silence(&mut self) {
        self.break_off();
        self.cut_by_caller = true;
    }

    /// Nothing more of it is to be heard, though the server goes on with it.
    pub(crate) fn break_off(&mut self) {
        self.silenced = true;
    }

    /// Whether it is made for nobody.
    pub(crate) fn is_silenced(&self) -> bool {
        self.silenced && self.stage == Stage::Open
    }

    /// The server is done with it.
    pub(crate) fn finish(&mut self) {
        self.stage = match self.silenced {
            true => Stage::Interrupted,
            false => Stage::Done,
        };
    }

    /// Its words that were heard since the last time, when these samples of it were besides
    /// those that are settled.
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

    /// Enters that `samples` from sample `from` on were heard.
    pub(crate) fn add(&mut self, from: u64, samples: u64) {
        self.heard += samples;
        let to = length(from + samples);
        let is_full = self.spans.len() == SPANS;
        match self.spans.last_mut() {
            Some(last) if is_full || last.end >= length(from) => last.end = last.end.max(to),
            _ => self.spans.push(length(from)..to),
        }
    }

    /// A flush on the caller's behalf took something of it; with what was sent already, that is
    /// its end.
    pub(crate) fn cut_by_caller(&mut self) {
        self.cut_by_caller = true;
        if self.stage == Stage::Done {
            self.stage = Stage::Cut;
        }
    }

    /// Whether its account can be closed, because all is known or because time is up.
    pub(crate) fn is_settled(&mut self, now: Instant, is_busy: bool, is_reported: bool) -> bool {
        if self.due.is_some_and(|due| due <= now) {
            return true;
        }
        if self.stage == Stage::Open || is_busy {
            return false;
        }
        let is_told = self.text.is_some() || self.utterance.is_none();
        if is_reported && is_told {
            return true;
        }
        self.due.get_or_insert(now + SETTLE_WITHIN);
        false
    }

    /// What is to be told of it; nothing when none of it was given to playout.
    pub(crate) fn account(self) -> Option<ReplySummary> {
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
