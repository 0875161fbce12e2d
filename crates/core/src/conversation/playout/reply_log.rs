//! Bookkeeping of the agent's replies: how much of each was given to playout, and how much was
//! heard.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::cancelled_replies::CancelledReplies;
use super::playlist::{Playing, Playlist, Segment};
use super::reply::{Reply, ReplySummary, Stage};
use super::word_timing::Word;
use crate::conversation::Utterance;
use crate::ids::ReplyId;
use crate::secret::Private;

/// Maximum replies that are not closed: the current one and those that are queued. If there are
/// more, the oldest is closed by estimate.
const REPLIES: usize = 16;

/// The replies of a call that are not closed.
#[derive(Debug, Default)]
pub(crate) struct ReplyLog {
    /// In order of their start; all but the last are over.
    replies: VecDeque<Reply>,
    playlist: Playlist,
    cancelled: CancelledReplies,
    /// The latest reply was interrupted.
    last_interrupted: bool,
    /// Number of replies so far.
    started: u32,
}

/// What an interruption affected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Interrupted {
    /// Number of the reply, counted from 1; `None` if it is unknown.
    pub(crate) reply: Option<u32>,
    /// Playout has audio of it that was not heard yet.
    pub(crate) is_busy: bool,
}

/// Reply to which audio belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AudioOwner {
    /// The latest reply.
    Last,
    /// A reply that is not known yet.
    New,
    /// A reply whose audio must be dropped.
    Stale,
}

impl ReplyLog {
    /// Adds a reply that the server has started, to be played or shown `in_writing`. The previous
    /// one is over.
    pub(crate) fn begin(&mut self, now: Instant, id: Option<ReplyId>, in_writing: bool) {
        self.supersede();
        if self.replies.len() == REPLIES
            && let Some(oldest) = self.replies.front_mut()
        {
            oldest.due = Some(now);
        }
        self.last_interrupted = false;
        self.replies
            .push_back(Reply::new(self.started, id, in_writing));
        self.started += 1;
    }

    /// The server has moved on: an open reply is done.
    pub(crate) fn supersede(&mut self) {
        if let Some(open) = self.latest_mut().filter(|last| last.stage == Stage::Open) {
            open.finish();
            let id = open.id.clone();
            self.remember(id);
        }
    }

    /// The connection is lost: an open reply is incomplete.
    pub(crate) fn lose(&mut self) {
        if let Some(open) = self.latest_mut().filter(|last| last.stage == Stage::Open) {
            open.stage = Stage::Interrupted;
            let id = open.id.clone();
            self.remember(id);
        }
    }

    /// Whether a reply with `id` was seen before.
    pub(crate) fn knows(&self, id: &ReplyId) -> bool {
        let mut names = self.replies.iter().filter_map(|reply| reply.id.as_ref());
        self.cancelled.contains(id) || names.any(|name| name == id)
    }

    /// Finds the reply to which audio with `id` belongs.
    pub(crate) fn owner(&mut self, id: Option<&ReplyId>) -> AudioOwner {
        if id.is_some_and(|id| self.cancelled.contains(id)) {
            return AudioOwner::Stale;
        }
        let last_interrupted = self.last_interrupted;
        let last = self.latest_mut().filter(|last| last.is_playable());
        match (last, id) {
            (Some(last), _) if last.is_rest_dropped() && id.is_none_or(|id| last.may_be(id)) => {
                AudioOwner::Stale
            }
            (Some(_), None) => AudioOwner::Last,
            (Some(last), Some(id)) if last.is_named(id) => AudioOwner::Last,
            (Some(last), Some(id)) if last.is_nameless() => {
                last.id = Some(id.clone());
                AudioOwner::Last
            }
            (None, None) if last_interrupted => AudioOwner::Stale,
            _ => AudioOwner::New,
        }
    }

    /// Records that `samples` samples of the latest reply were given to playout.
    pub(crate) fn play(&mut self, now: Instant, samples: usize) -> Option<Playing> {
        let reply = self.replies.back_mut()?;
        let playing = self
            .playlist
            .append(now, reply.serial, reply.received, samples as u64);
        reply.utterance.get_or_insert(playing.utterance);
        reply.received += samples as u64;
        reply.due = None;
        let replies = &mut self.replies;
        self.playlist
            .trim(now, |segment, heard| credit(replies, segment, heard));
        Some(playing)
    }

    /// If the latest reply is in writing, records `samples` samples of it as heard, because its
    /// captions count as heard.
    pub(crate) fn write(&mut self, samples: usize) -> bool {
        let Some(reply) = self.replies.back_mut().filter(|it| it.in_writing) else {
            return false;
        };
        let playlist = &mut self.playlist;
        reply
            .utterance
            .get_or_insert_with(|| playlist.next_utterance());
        reply.add(reply.received, samples as u64);
        reply.received += samples as u64;
        reply.due = None;
        true
    }

    /// The whole queue is flushed. If `by_caller`, this interrupts the replies that the server has
    /// finished.
    pub(crate) fn flush(&mut self, now: Instant, by_caller: bool) {
        let replies = &mut self.replies;
        self.playlist.flush(now, |segment| {
            let reply = replies
                .iter_mut()
                .find(|reply| reply.serial == segment.reply);
            if let Some(reply) = reply.filter(|_| by_caller) {
                reply.cut_by_caller();
            }
        });
        if let Some(last) = self.latest_mut().filter(|last| last.stage == Stage::Cut) {
            let id = last.id.clone();
            self.remember(id);
            self.last_interrupted = true;
        }
    }

    /// Playout resumed after a pause of `held`.
    pub(crate) fn delayed(&mut self, held: Duration) {
        self.playlist.delayed(held);
    }

    /// `utterance` became audible. Returns false if it was flushed or is unknown.
    pub(crate) fn audible(&mut self, utterance: Utterance) -> bool {
        self.playlist.audible(utterance)
    }

    /// More of `utterance` was heard.
    pub(crate) fn progress(&mut self, utterance: Utterance, played: Duration) {
        let replies = &mut self.replies;
        self.playlist.progress(utterance, played, |segment, heard| {
            credit(replies, segment, heard)
        });
    }

    /// Returns words of a reply that were heard since the last time.
    pub(crate) fn newly_heard(&mut self) -> Option<(Utterance, String)> {
        let playlist = &self.playlist;
        self.replies.iter_mut().find_map(|reply| {
            let playing = playlist.of(reply.serial).map(Segment::heard);
            reply.newly_heard(playing)
        })
    }

    /// The caller does not want the rest of the open reply, although the server continues it.
    pub(crate) fn drop_for_caller(&mut self) {
        if let Some(open) = self.latest_mut().filter(|last| last.stage == Stage::Open) {
            open.drop_for_caller();
        }
    }

    /// Drops the rest of the open reply without counting as an interruption. Returns its ID.
    pub(crate) fn drop_rest(&mut self) -> Option<ReplyId> {
        let open = self.latest_mut().filter(|last| last.stage == Stage::Open);
        let open = open.filter(|open| !open.is_rest_dropped())?;
        open.drop_rest();
        open.id.clone()
    }

    /// Callers cannot hear the rest of the open reply. Returns whether there is one that would be
    /// played.
    pub(crate) fn drop_unheard(&mut self) -> bool {
        let open = self.latest_mut();
        let spoken = open.filter(|last| last.stage == Stage::Open && !last.in_writing);
        spoken.map(Reply::drop_rest).is_some()
    }

    /// The last queued frame of `utterance` was heard.
    pub(crate) fn drained(&mut self, utterance: Utterance, played: Duration) {
        let replies = &mut self.replies;
        self.playlist.drained(utterance, played, |segment, heard| {
            credit(replies, segment, heard)
        });
    }

    /// The rest of `utterance` and of everything queued behind it was dropped.
    pub(crate) fn flushed(&mut self, utterance: Utterance, played: Duration) {
        let replies = &mut self.replies;
        self.playlist.flushed(utterance, played, |segment, heard| {
            credit(replies, segment, heard)
        });
    }

    /// Playout did not report audio that must have been heard long ago: it counts as heard.
    pub(crate) fn give_up(&mut self) {
        self.playlist.give_up();
    }

    /// The server is done with the reply `id`.
    pub(crate) fn done(&mut self, id: Option<&ReplyId>) {
        if let Some(reply) = self.find(id).filter(|reply| reply.stage == Stage::Open) {
            reply.finish();
        }
    }

    /// The server reported that the reply `id` was interrupted. Returns what that affected.
    pub(crate) fn interrupt(&mut self, id: Option<&ReplyId>) -> Interrupted {
        let last = self.latest_mut().map(|last| last.serial);
        let Some(reply) = self.find(id) else {
            self.last_interrupted |= id.is_none();
            self.remember(id.cloned());
            return Interrupted {
                reply: id.is_none().then_some(self.started),
                is_busy: false,
            };
        };
        let (serial, name) = (reply.serial, reply.id.clone());
        reply.stage = Stage::Interrupted;
        reply.cut_by_caller = true;
        self.last_interrupted |= last == Some(serial);
        self.remember(name);
        Interrupted {
            reply: Some(serial + 1),
            is_busy: self.playlist.of(serial).any(Segment::is_busy),
        }
    }

    /// Adds a word to the reply `id`.
    pub(crate) fn word(&mut self, id: Option<&ReplyId>, word: Word) {
        if let Some(reply) = self.find(id) {
            reply.words.push(word);
        }
    }

    /// Sets the text of the reply `id`, unless it is closed.
    pub(crate) fn text(&mut self, id: Option<&ReplyId>, text: Private<String>) {
        if let Some(reply) = self.find(id) {
            reply.text = Some(text);
        }
    }

    /// Closes a reply of which everything is known or whose deadline has passed. Returns its
    /// summary.
    pub(crate) fn take_settled(&mut self, now: Instant) -> Option<ReplySummary> {
        let playlist = &self.playlist;
        let at = self.replies.iter_mut().position(|reply| {
            let mut own = playlist.of(reply.serial);
            let is_busy = own.clone().any(Segment::is_busy);
            let is_reported = own.all(|segment| segment.flushed_at.is_none());
            reply.is_settled(now, is_busy, is_reported)
        })?;
        // A reply without audio has no summary.
        self.close(now, at).or_else(|| self.take_settled(now))
    }

    /// Closes the oldest reply, whatever is known of it. Returns its summary.
    pub(crate) fn take_any(&mut self, now: Instant) -> Option<ReplySummary> {
        while !self.replies.is_empty() {
            let summary = self.close(now, 0);
            if summary.is_some() {
                return summary;
            }
        }
        None
    }

    /// When [`Self::take_settled`] closes a reply even if nothing else happens.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.replies.iter().filter_map(|reply| reply.due).min()
    }

    /// Whether playout has audio that was not heard yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.playlist.is_busy()
    }

    /// Whether the server is generating a reply.
    pub(crate) fn has_open(&self) -> bool {
        self.replies
            .back()
            .is_some_and(|last| last.stage == Stage::Open)
    }

    /// Number of replies so far.
    pub(crate) fn started(&self) -> u32 {
        self.started
    }

    /// Whether the latest reply has words.
    pub(crate) fn last_has_words(&self) -> bool {
        let last = self.replies.back();
        last.filter(|last| last.serial + 1 == self.started)
            .is_some_and(Reply::has_words)
    }

    /// Estimated time when all queued audio will have been played.
    pub(crate) fn plays_until(&self) -> Option<Instant> {
        self.playlist.plays_until()
    }

    /// The latest reply, unless it is closed.
    fn latest_mut(&mut self) -> Option<&mut Reply> {
        let started = self.started;
        let last = self.replies.back_mut();
        last.filter(|last| last.serial + 1 == started)
    }

    /// The reply `id`, or the latest one without an ID.
    fn find(&mut self, id: Option<&ReplyId>) -> Option<&mut Reply> {
        let Some(id) = id else {
            return self.replies.back_mut();
        };
        let named = |reply: &Reply| reply.id.as_ref() == Some(id);
        if let Some(at) = self.replies.iter().rposition(named) {
            return self.replies.get_mut(at);
        }
        let is_past = self.cancelled.contains(id);
        let last = self.latest_mut();
        let adopted = last.filter(|last| !is_past && last.is_nameless())?;
        adopted.id = Some(id.clone());
        Some(adopted)
    }

    fn close(&mut self, now: Instant, at: usize) -> Option<ReplySummary> {
        let mut reply = self.replies.remove(at)?;
        self.playlist.close(now, reply.serial, |segment, heard| {
            reply.add(segment.from, heard)
        });
        self.remember(reply.id.clone());
        reply.summarize()
    }

    fn remember(&mut self, id: Option<ReplyId>) {
        if let Some(id) = id {
            self.cancelled.insert(id);
        }
    }
}

fn credit(replies: &mut VecDeque<Reply>, segment: &Segment, heard: u64) {
    let owner = replies
        .iter_mut()
        .find(|reply| reply.serial == segment.reply);
    if let Some(reply) = owner {
        reply.add(segment.from, heard);
    }
}
