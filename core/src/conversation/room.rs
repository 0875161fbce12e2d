//! Who comes into the room and leaves it.

use std::time::Duration;

use super::callers::{Departure, NotHandedOver};
use super::context::Timer;
use super::early::{COMES_WITHIN, Early};
use super::{Action, Conversation, Gone, Life, Outcome, ParticipantKind, RoomEvent, SecondAgent};
use crate::audio::Frame;
use crate::ids::Identity;

impl Conversation {
    /// Takes in what happened in the room.
    pub(super) fn room(&mut self, event: RoomEvent) {
        match event {
            RoomEvent::Ended(end) => self.end(Outcome::Room(end)),
            RoomEvent::HandOver { from, to } => self.hand_over(&from, to),
            event if matches!(self.life, Life::Live) => self.in_the_room(event),
            _ => {}
        }
    }

    /// What a caller said before the agent came.
    pub(super) fn early(&mut self, from: &Identity, voice: &Frame) {
        if self.callers.linked() == Some(from) {
            self.cx.stop(Timer::Early);
            self.early.came(voice);
        }
    }

    fn in_the_room(&mut self, event: RoomEvent) {
        match event {
            RoomEvent::Joined { identity, kind } => {
                let linked = self.callers.joined(self.cx.now, identity, kind);
                if let Some(linked) = linked {
                    self.listen(linked);
                }
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
            RoomEvent::Text { from, text } => self.written(&from, text),
            RoomEvent::EarlyComes { from } => {
                if self.callers.linked() == Some(&from) && self.early.comes() {
                    self.cx.within(Timer::Early, COMES_WITHIN);
                }
            }
            RoomEvent::Subscribed => self.somebody_hears(),
            RoomEvent::HandOver { .. } | RoomEvent::Ended(_) => {}
        }
    }

    fn left(&mut self, identity: &Identity, how: Gone) {
        let grace = match (self.callers.find(identity), how) {
            // A telephone has no way back.
            (Some(ParticipantKind::Sip), _) => Duration::ZERO,
            (_, Gone::Left) => self.caller_grace,
            (_, Gone::Lost) => self.rejoin_grace,
        };
        match self.callers.left(identity, self.cx.now + grace) {
            Departure::Unnoticed => {}
            Departure::Succeeded(next) => self.listen(next),
            Departure::Last if grace.is_zero() => self.end(Outcome::CallerLeft),
            Departure::Last => {
                self.cx.act(Action::Listen(None));
                self.cx.within(Timer::CallerGrace, grace);
            }
        }
    }

    fn hand_over(&mut self, from: &Identity, to: Identity) {
        let answer = match matches!(self.life, Life::Live) {
            true => self.callers.hand_over(from, to),
            false => Err(NotHandedOver::Over),
        };
        if let Ok(Some(linked)) = &answer {
            self.listen(linked.clone());
            self.listen_to_others();
        }
        self.cx.act(Action::AnswerHandOver(answer.map(drop)));
    }

    fn listen(&mut self, caller: Identity) {
        self.cx.stop(Timer::CallerWait);
        self.cx.stop(Timer::CallerGrace);
        self.cx.stop(Timer::Early);
        // Half a chunk of one caller must not start the next one's.
        self.chunker.clear();
        self.early = Early::default();
        self.close_turn();
        self.cx.act(Action::Listen(Some(caller)));
        self.link.connect(&mut self.cx);
    }
}
