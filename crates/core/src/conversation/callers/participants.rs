//! Participants joining and leaving the room.

use std::time::Duration;

use super::pre_connect_audio::{COMES_WITHIN, PreConnectAudio};
use super::{Departure, HandOverRefusal};
use crate::audio::Frame;
use crate::conversation::context::Timer;
use crate::conversation::{
    Action, Conversation, LeaveReason, Lifecycle, Outcome, ParticipantInfo, ParticipantKind,
    RoomEvent, SecondAgent,
};
use crate::ids::Identity;

/// How long a phone may ring after the wait for a caller has timed out. LiveKit lets a phone ring
/// for at most 80 s.
pub(crate) const RINGS_WITHIN: Duration = Duration::from_secs(120);

/// How long an agent of a draining worker waits for a caller.
pub(crate) const DRAINING_WAITS: Duration = Duration::from_secs(10);

impl Conversation {
    /// Handles an event of the room.
    pub(crate) fn room(&mut self, event: RoomEvent) {
        match event {
            RoomEvent::Ended(end) => self.end(Outcome::Room(end)),
            RoomEvent::HandOver { from, to } => self.hand_over(&from, to),
            event if matches!(self.life, Lifecycle::Live) => self.in_the_room(event),
            _ => {}
        }
    }

    /// Handles pre-connect audio.
    pub(crate) fn pre_connect(&mut self, from: &Identity, voice: &Frame) {
        if self.callers.linked() == Some(from) {
            self.cx.stop(Timer::PreConnectAudio);
            self.pre_connect.came(voice);
        }
    }

    fn in_the_room(&mut self, event: RoomEvent) {
        match event {
            RoomEvent::Joined { identity, info } | RoomEvent::Changed { identity, info } => {
                self.present(identity, info);
                self.listen_to_others();
            }
            RoomEvent::Left { identity, how } => {
                self.left(&identity, how);
                self.listen_to_others();
            }
            RoomEvent::Agent { name, was_first } => {
                let leaves = was_first == (self.second_agent == SecondAgent::Refuse);
                if leaves && self.agent_name.as_ref() == Some(&name) {
                    self.end(Outcome::SecondAgent);
                }
            }
            RoomEvent::ChatMessage { from, text } => self.written(&from, text),
            RoomEvent::PreConnectAnnounced { from } => {
                if self.callers.linked() == Some(&from) && self.pre_connect.comes() {
                    self.cx.within(Timer::PreConnectAudio, COMES_WITHIN);
                }
            }
            RoomEvent::Subscribed => self.somebody_hears(),
            RoomEvent::Audibility(track) => self.voice(track),
            RoomEvent::HandOver { .. } | RoomEvent::Ended(_) => {}
        }
        self.check_audibility();
    }

    /// Handles a present participant. A phone that has hung up and a hidden participant count as
    /// having left.
    fn present(&mut self, identity: Identity, info: ParticipantInfo) {
        if !info.is_there() {
            self.left(&identity, LeaveReason::Left);
            return;
        }
        if let Some(linked) = self.callers.update(self.cx.now, identity, info) {
            self.listen(linked);
        }
    }

    fn left(&mut self, identity: &Identity, how: LeaveReason) {
        let grace = match (self.callers.find(identity), how) {
            // A phone cannot rejoin.
            (Some(ParticipantKind::Sip), _) => Duration::ZERO,
            (_, LeaveReason::Left) => self.caller_grace,
            (_, LeaveReason::Lost) => self.rejoin_grace,
        };
        match self.callers.left(identity, self.cx.now + grace) {
            Departure::Unnoticed => {}
            Departure::Succeeded(next) => self.listen(next),
            Departure::Last if grace.is_zero() && !self.callers.is_ringing() => {
                self.end(Outcome::CallerLeft);
            }
            Departure::Last => {
                self.cx.act(Action::Listen(None));
                self.cx.within(Timer::CallerGrace, grace);
            }
        }
        self.stop_waiting();
    }

    /// [`Event::Drain`](crate::conversation::Event::Drain): bounds the wait for a caller, who may be
    /// joining right now.
    pub(crate) fn wait_briefly(&mut self) {
        if self.callers.is_linked() || !self.is_live() || self.overdue.is_some() {
            return;
        }
        let until = self.cx.now + DRAINING_WAITS;
        if self
            .cx
            .timers
            .at(Timer::CallerWait)
            .is_none_or(|at| at > until)
        {
            self.cx.timers.set(Timer::CallerWait, until);
        }
    }

    /// The wait for a caller timed out. If a phone is ringing, waits until it answers, gives up, or
    /// has been ringing for too long.
    pub(crate) fn nobody_came(&mut self, outcome: Outcome) {
        if self.callers.is_ringing() && self.overdue.is_none() {
            self.overdue = Some(outcome);
            self.cx.within(Timer::CallerWait, RINGS_WITHIN);
            return;
        }
        let outcome = self.overdue.take().unwrap_or(outcome);
        self.end(outcome);
    }

    /// Ends a call that was only waiting for a phone which has stopped ringing.
    fn stop_waiting(&mut self) {
        if !self.callers.is_ringing()
            && let Some(outcome) = self.overdue.take()
        {
            self.end(outcome);
        }
    }

    fn hand_over(&mut self, from: &Identity, to: Identity) {
        let answer = match matches!(self.life, Lifecycle::Live) {
            true => self.callers.hand_over(from, to),
            false => Err(HandOverRefusal::Over),
        };
        if let Ok(Some(linked)) = &answer {
            self.listen(linked.clone());
            self.listen_to_others();
            self.check_audibility();
        }
        self.cx.act(Action::AnswerHandOver(answer.map(drop)));
    }

    fn listen(&mut self, caller: Identity) {
        self.overdue = None;
        self.cx.stop(Timer::CallerWait);
        self.cx.stop(Timer::CallerGrace);
        self.cx.stop(Timer::PreConnectAudio);
        // An incomplete chunk of one caller must not start the audio of the next.
        self.chunker.clear();
        self.pre_connect = PreConnectAudio::default();
        self.close_turn();
        self.cx.act(Action::Listen(Some(caller)));
        self.voice_session.connect(&mut self.cx);
    }
}
