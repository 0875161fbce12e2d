//! Turn-taking: playout of the agent's audio, and barge-in.
//!
//! # Interruptions
//!
//! The server reports an interrupted reply in `reply.done` or `transcript.agent`. From then on no
//! audio of that reply is played, whatever the policy. `input.speech.started` alone only
//! *challenges* the audio that is queued or playing. The policy decides what that does:
//!
//! | policy | challenged | confirmed | not confirmed |
//! |---|---|---|---|
//! | `Immediate` | flushed | flushed again, if more arrived | later audio of the reply is played |
//! | `Hold` | paused | flushed | resumes after [`PAUSE_LIMIT`] |
//! | `Confirmed` | | flushed | |
//!
//! The server cannot interrupt a reply that it has finished, although much of its audio may still
//! be queued here. A challenge is therefore also confirmed when the caller's turn is committed
//! (final `transcript.user`) and no reply is open at the server, or when the server starts the next
//! reply, unless a tool result caused that reply. All audio of finished replies is then flushed. A
//! challenge lasts until it is confirmed or everything has been played.

pub(crate) mod agent_state_tracker;
pub(crate) mod latency;
mod reply_events;
pub(crate) mod reply_requests;
pub(crate) mod typed_messages;

use std::time::{Duration, Instant};

use super::context::{Context, Timer};
use super::playout::reply_log::ReplyLog;
use super::{Action, AgentState, BargeIn, Caption, Fact, PlayoutEvent, Utterance};
use crate::audio::Frame;
use crate::ids::ReplyId;
use agent_state_tracker::AgentStateTracker;
use latency::Stopwatch;

/// How long a reply is paused without a confirmation.
pub(super) const PAUSE_LIMIT: Duration = Duration::from_secs(1);

/// Turn-taking state of the call.
#[derive(Debug)]
pub(super) struct Turn {
    policy: BargeIn,
    /// Whether the API lets callers interrupt. If not, their speech challenges nothing.
    interruptible: bool,
    /// The call is ending: no more audio is played.
    stopped: bool,
    /// The agent is saying its last words and cannot be interrupted.
    is_last: bool,
    /// Set while a flush caused by the caller is not complete. Contains the time of the caller's
    /// first sound, if the room's audio contained one.
    silencing: Option<Option<Instant>>,
    reply_log: ReplyLog,
    agent_state: AgentStateTracker,
    stopwatch: Stopwatch,
    /// The next reply was requested by a tool result.
    follow_up: bool,
    /// New replies are shown but not played, because the caller wrote and has not spoken since.
    in_writing: bool,
    /// The server detects that the caller is speaking.
    caller_speaks: bool,
    /// The caller started to speak while audio was queued or playing.
    challenged: bool,
    held_since: Option<Instant>,
    /// Callers cannot hear the agent.
    unheard: bool,
    /// The agent said something that callers could not hear.
    missed: bool,
}

impl Turn {
    pub(super) fn new(policy: BargeIn) -> Self {
        Self {
            policy,
            interruptible: true,
            stopped: false,
            is_last: false,
            silencing: None,
            reply_log: ReplyLog::default(),
            agent_state: AgentStateTracker::new(),
            stopwatch: Stopwatch::default(),
            follow_up: false,
            in_writing: false,
            caller_speaks: false,
            challenged: false,
            held_since: None,
            unheard: false,
            missed: false,
        }
    }

    /// Sets whether the API lets callers interrupt.
    pub(super) fn set_interruptible(&mut self, interruptible: bool) {
        self.interruptible = interruptible;
    }

    /// Takes 10 ms of the caller's audio.
    pub(super) fn hear(&mut self, now: Instant, frame: &Frame) {
        self.stopwatch.hear(now, frame);
    }

    /// The session is ready.
    pub(super) fn ready(&mut self, cx: &mut Context) {
        self.agent_state.ready = true;
        self.show(cx);
    }

    /// `input.speech.started`.
    pub(super) fn speech_started(&mut self, cx: &mut Context) {
        let ago = self.stopwatch.speaking_for(cx.now);
        cx.observe(Fact::CallerSpeaks { ago });
        self.caller_speaks = true;
        self.agent_state.thinking = None;
        self.in_writing = false;
        if self.interruptible && !self.is_last && self.reply_log.is_busy() {
            match self.policy {
                BargeIn::Immediate => self.flush(cx, true),
                BargeIn::Hold => {
                    self.challenged = true;
                    self.hold(cx);
                }
                BargeIn::Confirmed => self.challenged = true,
            }
        }
        self.settle(cx);
    }

    /// `input.speech.stopped`: a reply is awaited.
    pub(super) fn speech_stopped(&mut self, cx: &mut Context) {
        let ago = self.stopwatch.silent_for(cx.now);
        cx.observe(Fact::CallerStopped { ago });
        self.caller_speaks = false;
        self.stopwatch.committed(cx.now);
        self.await_reply(cx);
    }

    /// Final `transcript.user`: the caller's turn is committed.
    pub(super) fn caller_took_turn(&mut self, cx: &mut Context) {
        self.caller_speaks = false;
        if self.challenged && !self.reply_log.has_open() {
            self.flush(cx, true);
        }
        self.settle(cx);
    }

    /// Interrupts the agent for a text message. The API does not know about it.
    pub(super) fn cut_short(&mut self, cx: &mut Context) {
        if self.interruptible {
            self.flush(cx, true);
            self.reply_log.drop_for_caller();
        }
        self.settle(cx);
    }

    /// From now on the agent says its last words: spoken, and without interruptions.
    pub(super) fn last_words(&mut self) {
        self.is_last = true;
        self.in_writing = false;
    }

    /// Stops the current reply. Returns its ID if the server is still generating it and was not
    /// told before.
    pub(super) fn cancel_reply(&mut self, cx: &mut Context) -> Option<ReplyId> {
        self.flush(cx, false);
        let open = self.reply_log.drop_rest();
        self.settle(cx);
        open
    }

    /// Shows replies without playing them, until the caller speaks.
    pub(super) fn answer_in_writing(&mut self) {
        self.in_writing = true;
    }

    /// Callers cannot hear the agent from now on: queued audio is dropped and counts as not heard.
    pub(super) fn voice_lost(&mut self, cx: &mut Context) {
        self.unheard = true;
        self.missed = self.reply_log.drop_unheard() || self.reply_log.is_busy();
        self.flush(cx, false);
        self.agent_state.speaking = false;
        self.settle(cx);
    }

    /// Callers can hear the agent again. Returns whether they missed something and no reply is
    /// awaited anyway. Replies remain in writing only if `in_writing`.
    pub(super) fn voice_back(&mut self, in_writing: bool) -> bool {
        self.unheard = false;
        self.in_writing &= in_writing;
        let started = self.reply_log.started();
        let is_next_awaited = self
            .agent_state
            .thinking
            .is_some_and(|asked| asked >= started);
        std::mem::take(&mut self.missed) && !is_next_awaited
    }

    /// A tool result was sent: another reply follows.
    pub(super) fn tool_answered(&mut self, cx: &mut Context) {
        self.follow_up = true;
        self.await_reply(cx);
    }

    /// Another reply is awaited.
    pub(super) fn await_reply(&mut self, cx: &mut Context) {
        self.agent_state.thinking = Some(self.reply_log.started());
        self.progress(cx);
    }

    /// Sets whether a tool is running.
    pub(super) fn set_working(&mut self, cx: &mut Context, working: bool) {
        if std::mem::replace(&mut self.agent_state.working, working) != working {
            self.show(cx);
        }
    }

    /// Handles a report from the playout queue.
    pub(super) fn playout(&mut self, cx: &mut Context, event: PlayoutEvent) {
        match event {
            PlayoutEvent::Audible { utterance } => self.audible(cx, utterance),
            PlayoutEvent::Progress { utterance, played } => {
                self.reply_log.progress(utterance, played)
            }
            PlayoutEvent::Drained { utterance, played } => {
                self.reply_log.drained(utterance, played)
            }
            PlayoutEvent::Flushed { utterance, played } => {
                self.reply_log.flushed(utterance, played)
            }
            PlayoutEvent::Silent { at } => return self.silenced(cx, at),
            PlayoutEvent::Overflowed => {}
        }
        self.caption(cx);
        self.progress(cx);
    }

    /// [`Timer::Unconfirmed`]: no interruption was confirmed.
    pub(super) fn held_long_enough(&mut self, cx: &mut Context) {
        if self.held_since.is_some() {
            cx.observe(Fact::FalseInterruption);
        }
        self.resume(cx);
        self.settle(cx);
    }

    /// [`Timer::Quiet`].
    pub(super) fn went_quiet(&mut self, cx: &mut Context) {
        self.agent_state.went_quiet(cx);
        self.reply_log.give_up();
        self.settle(cx);
    }

    /// The session is lost. No more of its reply will arrive, and what was played is all of it.
    /// Returns whether the caller is left without a reply or the rest of one.
    pub(super) fn session_lost(&mut self, cx: &mut Context) -> bool {
        let is_owed = self.reply_log.has_open() || self.agent_state.thinking.is_some();
        self.reply_log.lose();
        self.follow_up = false;
        self.caller_speaks = false;
        self.agent_state.ready = false;
        self.agent_state.thinking = None;
        self.settle(cx);
        is_owed
    }

    /// The call ends: no more audio is played.
    pub(super) fn stop(&mut self, cx: &mut Context) {
        self.stopped = true;
        self.agent_state.thinking = None;
        self.reply_log.supersede();
        self.flush(cx, false);
        self.settle(cx);
    }

    /// Closes all replies with what is known about them.
    pub(super) fn close(&mut self, cx: &mut Context) {
        while let Some(summary) = self.reply_log.take_any(cx.now) {
            summary.emit(cx);
        }
    }

    /// Closes the replies that are completely known, and publishes the state that results.
    pub(super) fn settle(&mut self, cx: &mut Context) {
        while let Some(summary) = self.reply_log.take_settled(cx.now) {
            summary.emit(cx);
        }
        match self.reply_log.due() {
            Some(due) => cx.timers.set(Timer::Settle, due),
            None => cx.stop(Timer::Settle),
        }
        if !self.reply_log.is_busy() {
            self.challenged = false;
            self.resume(cx);
            if !self.reply_log.has_open() {
                self.agent_state.idle(self.reply_log.started());
            }
        }
        self.show(cx);
    }

    /// Whether the server is generating a reply.
    pub(super) fn has_open_reply(&self) -> bool {
        self.reply_log.has_open()
    }

    /// Whether nobody is speaking, nothing is playing, and no reply is open or awaited.
    pub(super) fn is_idle(&self) -> bool {
        self.is_free() && !self.reply_log.is_busy()
    }

    /// Whether no reply is open or awaited.
    pub(super) fn is_free(&self) -> bool {
        !self.reply_log.has_open() && self.agent_state.thinking.is_none()
    }

    /// Whether the server detects that the caller is speaking. No thinking or hold sound is played
    /// then.
    pub(super) fn does_caller_speak(&self) -> bool {
        self.caller_speaks
    }

    /// Number of replies so far.
    pub(super) fn replies(&self) -> u32 {
        self.reply_log.started()
    }

    /// Whether the last reply has words.
    pub(super) fn has_spoken(&self) -> bool {
        self.reply_log.last_has_words()
    }

    /// Agent state published to the room.
    pub(super) fn state(&self) -> AgentState {
        self.agent_state.state
    }

    fn audible(&mut self, cx: &mut Context, utterance: Utterance) {
        if self.reply_log.audible(utterance) && !self.unheard {
            self.agent_state.speaking = true;
            self.agent_state.thinking = None;
            let waited = self.stopwatch.audible(cx.now);
            cx.observe(Fact::Audible { utterance, waited });
        }
    }

    /// A flush is complete.
    fn silenced(&mut self, cx: &mut Context, at: Instant) {
        if let Some(since) = self.silencing.take() {
            let after = since.map(|since| at.saturating_duration_since(since));
            cx.observe(Fact::Silenced { after });
        }
    }

    fn hold(&mut self, cx: &mut Context) {
        if self.held_since.is_none() {
            self.held_since = Some(cx.now);
            cx.act(Action::PausePlayout);
            cx.within(Timer::Unconfirmed, PAUSE_LIMIT);
        }
    }

    fn resume(&mut self, cx: &mut Context) {
        if let Some(since) = self.held_since.take() {
            cx.stop(Timer::Unconfirmed);
            cx.act(Action::ResumePlayout);
            self.reply_log
                .delayed(cx.now.saturating_duration_since(since));
        }
    }

    /// Flushes playout and ends the challenge.
    fn flush(&mut self, cx: &mut Context, by_caller: bool) {
        self.challenged = false;
        if self.reply_log.is_busy() {
            cx.act(Action::FlushPlayout);
            if self.agent_state.speaking && by_caller {
                self.silencing = Some(self.stopwatch.speaking_since(cx.now));
            }
            self.agent_state.speaking = false;
        }
        self.resume(cx);
        self.reply_log.flush(cx.now, by_caller);
    }

    /// Publishes captions of the words that were heard since the last time.
    fn caption(&mut self, cx: &mut Context) {
        while let Some((utterance, more)) = self.reply_log.newly_heard() {
            let more = more.into();
            cx.act(Action::Caption(Caption::Agent { utterance, more }));
        }
    }

    /// The reply made progress: restarts the watchdog.
    fn progress(&mut self, cx: &mut Context) {
        cx.stop(Timer::Quiet);
        self.settle(cx);
    }

    fn show(&mut self, cx: &mut Context) {
        let held = self.held_since.is_some();
        self.agent_state
            .show(cx, held, self.reply_log.plays_until());
    }
}
