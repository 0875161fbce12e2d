//! The account of the agent's voice: which replies there are, what of them was given to
//! playout, and what of that was heard.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::cancelled_replies::CancelledReplies;
use super::playlist::{Playing, Playlist, Segment};
use super::reply::{Reply, ReplySummary, Stage};
use super::word_timing::Word;
use crate::conversation::Utterance;
use crate::ids::ReplyId;
use crate::secret::Private;

/// Replies whose account is open: the one that is made and those that wait to be heard. The
/// oldest is closed by estimate when there are more.
const REPLIES: usize = 16;

/// The account of the agent's voice.
#[derive(Debug, Default)]
pub(crate) struct ReplyLog {
    /// By time; all but the last are over.
    replies: VecDeque<Reply>,
    playlist: Playlist,
    cancelled: CancelledReplies,
    /// The reply that started last was interrupted.
    last_interrupted: bool,
    /// Replies so far.
    started: u32,
}

/// What an interruption hit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Interrupted {
    /// Which reply, counted from 1; none for one that is not known.
    pub(crate) reply: Option<u32>,
    /// Playout has some of it.
    pub(crate) is_busy: bool,
}

/// To whom audio belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AudioOwner {
    /// The last reply.
    Last,
    /// One that is not known yet.
    New,
    /// One that must not be heard any more.
    Stale,
}

impl ReplyLog {
    /// Enters a reply that the server has begun, to be heard or `in_writing`; the one before it is
    /// over.
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

    /// The server has moved on: a reply that is still open is done.
    pub(crate) fn supersede(&mut self) {
        if let Some(open) = self.latest_mut().filter(|last| last.stage == Stage::Open) {
            open.finish();
            let id = open.id.clone();
            self.bury(id);
        }
    }

    /// The server is gone: a reply that is still open has no more to come.
    pub(crate) fn lose(&mut self) {
        if let Some(open) = self.latest_mut().filter(|last| last.stage == Stage::Open) {
            open.stage = Stage::Interrupted;
            let id = open.id.clone();
            self.bury(id);
        }
    }

    /// Whether there is, or was, a reply named `id`.
    pub(crate) fn knows(&self, id: &ReplyId) -> bool {
        let mut names = self.replies.iter().filter_map(|reply| reply.id.as_ref());
        self.cancelled.contains(id) || names.any(|name| name == id)
    }

    /// To whom audio that names `id` belongs.
    pub(crate) fn owner(&mut self, id: Option<&ReplyId>) -> AudioOwner {
        if id.is_some_and(|id| self.cancelled.contains(id)) {
            return AudioOwner::Stale;
        }
        let last_interrupted = self.last_interrupted;
        let last = self.latest_mut().filter(|last| last.is_playable());
        match (last, id) {
            (Some(last), _) if last.is_silenced() && id.is_none_or(|id| last.may_be(id)) => {
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

    /// Enters `samples` of the last reply as given to playout.
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
            .trim(now, |stretch, heard| credit(replies, stretch, heard));
        Some(playing)
    }

    /// Enters `samples` of the last reply that nobody hears, if it is in writing: what is shown of
    /// it counts as heard.
    pub(crate) fn write(&mut self, samples: usize) -> bool {
        let Some(reply) = self.replies.back_mut().filter(|it| it.in_writing) else {
            return false;
        };
        let playlist = &mut self.playlist;
        reply.utterance.get_or_insert_with(|| playlist.utter());
        reply.add(reply.received, samples as u64);
        reply.received += samples as u64;
        reply.due = None;
        true
    }

    /// The whole queue is dropped. On the caller's behalf, replies that the server is done with
    /// are cut short by it.
    pub(crate) fn flush(&mut self, now: Instant, by_caller: bool) {
        let replies = &mut self.replies;
        self.playlist.flush(now, |stretch| {
            let reply = replies
                .iter_mut()
                .find(|reply| reply.serial == stretch.reply);
            if let Some(reply) = reply.filter(|_| by_caller) {
                reply.cut_by_caller();
            }
        });
        if let Some(last) = self.latest_mut().filter(|last| last.stage == Stage::Cut) {
            let id = last.id.clone();
            self.bury(id);
            self.last_interrupted = true;
        }
    }

    /// Playout was held for `held` and goes on.
    pub(crate) fn delayed(&mut self, held: Duration) {
        self.playlist.delayed(held);
    }

    /// `utterance` is audible; whether it may be.
    pub(crate) fn audible(&mut self, utterance: Utterance) -> bool {
        self.playlist.audible(utterance)
    }

    /// More of `utterance` was heard.
    pub(crate) fn progress(&mut self, utterance: Utterance, played: Duration) {
        let replies = &mut self.replies;
        self.playlist.progress(utterance, played, |stretch, heard| {
            credit(replies, stretch, heard)
        });
    }

    /// Words of a reply that were heard since the last time.
    pub(crate) fn newly_heard(&mut self) -> Option<(Utterance, String)> {
        let playlist = &self.playlist;
        self.replies.iter_mut().find_map(|reply| {
            let playing = playlist.of(reply.serial).map(Segment::heard);
            reply.newly_heard(playing)
        })
    }

    /// Nothing more of the reply that is made is to be heard, though the server goes on with it.
    pub(crate) fn silence(&mut self) {
        if let Some(open) = self.latest_mut().filter(|last| last.stage == Stage::Open) {
            open.silence();
        }
    }

    /// The same, and not because of the caller; gives the reply's name.
    pub(crate) fn break_off(&mut self) -> Option<ReplyId> {
        let open = self.latest_mut().filter(|last| last.stage == Stage::Open);
        let open = open.filter(|open| !open.is_silenced())?;
        open.break_off();
        open.id.clone()
    }

    /// Nobody can hear the rest of the reply that is made; whether there is one, and it is to be
    /// heard.
    pub(crate) fn hush(&mut self) -> bool {
        let open = self.latest_mut();
        let spoken = open.filter(|last| last.stage == Stage::Open && !last.in_writing);
        spoken.map(Reply::break_off).is_some()
    }

    /// The last frame of `utterance` that playout had was heard.
    pub(crate) fn drained(&mut self, utterance: Utterance, played: Duration) {
        let replies = &mut self.replies;
        self.playlist.drained(utterance, played, |stretch, heard| {
            credit(replies, stretch, heard)
        });
    }

    /// What was left of `utterance`, and of all that waited behind it, was dropped.
    pub(crate) fn flushed(&mut self, utterance: Utterance, played: Duration) {
        let replies = &mut self.replies;
        self.playlist.flushed(utterance, played, |stretch, heard| {
            credit(replies, stretch, heard)
        });
    }

    /// Playout says nothing of what must long have been heard: it counts as heard.
    pub(crate) fn give_up(&mut self) {
        self.playlist.give_up();
    }

    /// The server is done with the reply named `id`.
    pub(crate) fn done(&mut self, id: Option<&ReplyId>) {
        if let Some(reply) = self.find(id).filter(|reply| reply.stage == Stage::Open) {
            reply.finish();
        }
    }

    /// The server says that the reply named `id` was cut short. Whether playout has some of it.
    pub(crate) fn interrupt(&mut self, id: Option<&ReplyId>) -> Interrupted {
        let last = self.latest_mut().map(|last| last.serial);
        let Some(reply) = self.find(id) else {
            self.last_interrupted |= id.is_none();
            self.bury(id.cloned());
            return Interrupted {
                reply: id.is_none().then_some(self.started),
                is_busy: false,
            };
        };
        let (serial, name) = (reply.serial, reply.id.clone());
        reply.stage = Stage::Interrupted;
        reply.cut_by_caller = true;
        self.last_interrupted |= last == Some(serial);
        self.bury(name);
        Interrupted {
            reply: Some(serial + 1),
            is_busy: self.playlist.of(serial).any(Segment::is_busy),
        }
    }

    /// One more word of the reply named `id`.
    pub(crate) fn word(&mut self, id: Option<&ReplyId>, word: Word) {
        if let Some(reply) = self.find(id) {
            reply.words.push(word);
        }
    }

    /// The text of the reply named `id`, for as long as somebody waits for it.
    pub(crate) fn text(&mut self, id: Option<&ReplyId>, text: Private<String>) {
        if let Some(reply) = self.find(id) {
            reply.text = Some(text);
        }
    }

    /// Takes a reply whose account can be closed, because everything is known or because it is
    /// time; what is to be told of it.
    pub(crate) fn take_settled(&mut self, now: Instant) -> Option<ReplySummary> {
        let playlist = &self.playlist;
        let at = self.replies.iter_mut().position(|reply| {
            let mut own = playlist.of(reply.serial);
            let is_busy = own.clone().any(Segment::is_busy);
            let is_reported = own.all(|stretch| stretch.flushed_at.is_none());
            reply.is_settled(now, is_busy, is_reported)
        })?;
        // One that was never played has nothing to tell.
        self.close(now, at).or_else(|| self.take_settled(now))
    }

    /// Closes the oldest account, whatever is known of it.
    pub(crate) fn take_any(&mut self, now: Instant) -> Option<ReplySummary> {
        while !self.replies.is_empty() {
            let account = self.close(now, 0);
            if account.is_some() {
                return account;
            }
        }
        None
    }

    /// When [`Self::take_settled`] gives something even if nothing happens.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.replies.iter().filter_map(|reply| reply.due).min()
    }

    /// Whether playout has anything that is not heard yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.playlist.is_busy()
    }

    /// Whether the server is making a reply.
    pub(crate) fn has_open(&self) -> bool {
        self.replies
            .back()
            .is_some_and(|last| last.stage == Stage::Open)
    }

    /// Replies so far.
    pub(crate) fn started(&self) -> u32 {
        self.started
    }

    /// Whether the reply that started last has words.
    pub(crate) fn last_has_words(&self) -> bool {
        let last = self.replies.back();
        last.filter(|last| last.serial + 1 == self.started)
            .is_some_and(Reply::has_words)
    }

    /// When all that playout has will be heard, by estimate.
    pub(crate) fn plays_until(&self) -> Option<Instant> {
        self.playlist.plays_until()
    }

    /// The reply that started last, while its account is open.
    fn latest_mut(&mut self) -> Option<&mut Reply> {
        let started = self.started;
        let last = self.replies.back_mut();
        last.filter(|last| last.serial + 1 == started)
    }

    /// The reply named `id`; without a name the one that started last.
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
        self.playlist.close(now, reply.serial, |stretch, heard| {
            reply.add(stretch.from, heard)
        });
        self.bury(reply.id.clone());
        reply.account()
    }

    fn bury(&mut self, id: Option<ReplyId>) {
        if let Some(id) = id {
            self.cancelled.bury(id);
        }
    }
}

fn credit(replies: &mut VecDeque<Reply>, stretch: &Segment, heard: u64) {
    let owner = replies
        .iter_mut()
        .find(|reply| reply.serial == stretch.reply);
    if let Some(reply) = owner {
        reply.add(stretch.from, heard);
    }
}
