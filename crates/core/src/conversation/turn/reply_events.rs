//! Messages about replies, and their audio on the way to playout.

use super::Turn;
use crate::audio::Frame;
use crate::conversation::context::Context;
use crate::conversation::playout::reply_log::AudioOwner;
use crate::conversation::playout::word_timing::Word;
use crate::conversation::{Action, DropReason, Fact};
use crate::ids::ReplyId;
use crate::secret::Private;

impl Turn {
    /// `reply.started`.
    pub(in crate::conversation) fn reply_started(&mut self, cx: &mut Context, id: Option<ReplyId>) {
        // Without an ID it is always a new reply.
        let is_new = id.as_ref().is_none_or(|id| !self.reply_log.knows(id));
        if is_new && !self.stopped {
            self.begin(cx, id);
        }
        self.progress(cx);
    }

    /// `reply.audio`.
    pub(in crate::conversation) fn reply_audio(
        &mut self,
        cx: &mut Context,
        id: Option<ReplyId>,
        frame: Frame,
    ) {
        let owner = self.reply_log.owner(id.as_ref());
        if self.stopped || owner == AudioOwner::Stale {
            cx.observe(Fact::Dropped(DropReason::StaleReply));
            return;
        }
        if owner == AudioOwner::New {
            self.begin(cx, id);
        }
        self.stopwatch.token(cx.now);
        let samples = frame.samples().len();
        if samples == 0 {
            return;
        }
        if self.reply_log.write(samples) {
            self.caption(cx);
            self.progress(cx);
            return;
        }
        if self.unheard {
            // Late audio of a finished reply.
            self.missed = true;
            cx.observe(Fact::Dropped(DropReason::StaleReply));
            return;
        }
        let Some(playing) = self.reply_log.play(cx.now, samples) else {
            return;
        };
        // Playout reports only once that an utterance is audible.
        self.agent_state.speaking |= playing.audible;
        let utterance = playing.utterance;
        cx.act(Action::Play { utterance, frame });
        self.progress(cx);
    }

    /// `transcript.agent.delta`.
    pub(in crate::conversation) fn reply_word(
        &mut self,
        cx: &mut Context,
        id: Option<&ReplyId>,
        word: Word,
    ) {
        self.stopwatch.token(cx.now);
        self.reply_log.word(id, word);
        self.caption(cx);
        self.progress(cx);
    }

    /// `transcript.agent`.
    pub(in crate::conversation) fn reply_text(
        &mut self,
        cx: &mut Context,
        id: Option<&ReplyId>,
        text: Private<String>,
    ) {
        self.reply_log.text(id, text);
        self.settle(cx);
    }

    /// `reply.done` with any status except `interrupted`.
    pub(in crate::conversation) fn reply_done(&mut self, cx: &mut Context, id: Option<&ReplyId>) {
        self.reply_log.done(id);
        self.settle(cx);
    }

    /// The server reports that the reply was interrupted. Returns its number as counted by
    /// [`Self::replies`].
    pub(in crate::conversation) fn reply_interrupted(
        &mut self,
        cx: &mut Context,
        id: Option<&ReplyId>,
    ) -> Option<u32> {
        let hit = self.reply_log.interrupt(id);
        if hit.is_busy {
            self.flush(cx, true);
        }
        self.settle(cx);
        hit.reply
    }

    /// Starts a new reply; the server is done with the previous one.
    fn begin(&mut self, cx: &mut Context, id: Option<ReplyId>) {
        self.caller_speaks = false;
        self.reply_log.supersede();
        let asked_by_tool = std::mem::take(&mut self.follow_up);
        if self.challenged && !asked_by_tool {
            self.flush(cx, true);
        }
        self.reply_log.begin(cx.now, id, self.in_writing);
        if self.unheard {
            self.missed |= self.reply_log.drop_unheard();
        }
    }
}
