//! Who comes into the room and leaves it.

use super::callers::Departure;
use super::context::Timer;
use super::{Action, Conversation, Life, Outcome, RoomEvent, SecondAgent};
use crate::ids::Identity;

impl Conversation {
    /// Takes in what happened in the room.
    pub(super) fn room(&mut self, event: RoomEvent) {
        if let RoomEvent::Ended(end) = event {
            self.end(Outcome::Room(end));
            return;
        }
        if !matches!(self.life, Life::Live) {
            return;
        }
        match event {
            RoomEvent::Joined { identity, kind } => {
                if let Some(linked) = self.callers.joined(identity, kind) {
                    self.listen(linked);
                }
            }
            RoomEvent::Left { identity } => match self.callers.left(&identity) {
                Departure::Unnoticed => {}
                Departure::Succeeded(next) => self.listen(next),
                Departure::Last if self.caller_grace.is_zero() => self.end(Outcome::CallerLeft),
                Departure::Last => {
                    self.cx.act(Action::Listen(None));
                    self.cx.within(Timer::CallerGrace, self.caller_grace);
                }
            },
            RoomEvent::Agent { name, was_first } => {
                let leaves = was_first == (self.second_agent == SecondAgent::Refuse);
                if leaves && self.agent_name.as_ref() == Some(&name) {
                    self.end(Outcome::SecondAgent);
                }
            }
            RoomEvent::Text { from, text } => self.written(&from, text),
            RoomEvent::Subscribed => self.somebody_hears(),
            RoomEvent::Ended(_) => {}
        }
    }

    fn listen(&mut self, caller: Identity) {
        self.cx.stop(Timer::CallerWait);
        self.cx.stop(Timer::CallerGrace);
        // Half a chunk of one caller must not start the next one's.
        self.chunker.clear();
        self.close_turn();
        self.cx.act(Action::Listen(Some(caller)));
        self.link.connect(&mut self.cx);
    }
}
