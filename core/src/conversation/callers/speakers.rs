//! Several callers: whom the agent hears besides the one who is linked, and whose turn it was.

use std::time::{Duration, Instant};

use crate::conversation::{Action, Conversation, Hear};
use crate::ids::Identity;

/// Callers whose speech is told apart in one turn; who comes on top is the one who is linked.
const SPEAKERS: usize = 32;

/// Who is heard, and how much of the caller's turn is whose.
#[derive(Debug, Default)]
pub(crate) struct Speakers {
    way: Hear,
    others: Vec<Identity>,
    speaking: Option<(Identity, Instant)>,
    spoken: Vec<(Identity, Duration)>,
}

impl Speakers {
    pub(crate) fn new(way: Hear) -> Self {
        Self {
            way,
            ..Self::default()
        }
    }

    /// Whether everybody in the room is heard.
    pub(crate) fn is_of_all(&self) -> bool {
        self.way != Hear::Linked
    }

    /// Who is heard besides the one who is linked.
    pub(crate) fn others(&self) -> &[Identity] {
        &self.others
    }

    /// `who` speaks from now on.
    pub(crate) fn speaks(&mut self, now: Instant, who: Option<Identity>) {
        self.count(now);
        self.speaking = who.map(|who| (who, now));
    }

    /// Who spoke longest in this turn.
    pub(crate) fn speaker(&mut self, now: Instant) -> Option<Identity> {
        self.count(now);
        let longest = self.spoken.iter().max_by_key(|(_, long)| *long);
        longest.map(|(who, _)| who.clone())
    }

    /// The turn is over: what is said from now on is of the next one.
    pub(crate) fn turn_over(&mut self, now: Instant) {
        self.count(now);
        self.spoken.clear();
    }

    fn count(&mut self, now: Instant) {
        let Some((who, since)) = &mut self.speaking else {
            return;
        };
        let long = now.saturating_duration_since(*since);
        *since = now;
        match self.spoken.iter().position(|(it, _)| it == who) {
            Some(at) => self.spoken[at].1 += long,
            None if self.spoken.len() < SPEAKERS => self.spoken.push((who.clone(), long)),
            None => {}
        }
    }
}

impl Conversation {
    /// Who says what is heard now.
    pub(crate) fn speaker(&mut self) -> Option<Identity> {
        let open = self.captions.speaker().cloned();
        open.or_else(|| self.speakers.speaker(self.cx.now))
            .or_else(|| self.callers.linked().cloned())
    }

    /// Somebody came or left, or another one is linked.
    pub(crate) fn listen_to_others(&mut self) {
        if !self.speakers.is_of_all() {
            return;
        }
        let others = self.callers.others();
        if others != self.speakers.others {
            self.speakers.others.clone_from(&others);
            self.cx.act(Action::ListenAlso(others));
        }
    }
}
