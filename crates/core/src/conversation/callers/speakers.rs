//! Rooms with several callers: whose audio the agent hears besides the linked caller's, and who
//! spoke longest in a turn.

use std::time::{Duration, Instant};

use crate::conversation::{Action, Conversation, Hear};
use crate::ids::Identity;

/// Maximum callers that are told apart in one turn. Further ones count as the linked caller.
const SPEAKERS: usize = 32;

/// Callers that are heard, and how long each of them spoke in the current turn.
#[derive(Debug, Default)]
pub(crate) struct Speakers {
    mode: Hear,
    others: Vec<Identity>,
    speaking: Option<(Identity, Instant)>,
    spoken: Vec<(Identity, Duration)>,
}

impl Speakers {
    pub(crate) fn new(mode: Hear) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }

    /// Whether the agent hears all callers.
    pub(crate) fn hears_all(&self) -> bool {
        self.mode != Hear::Linked
    }

    /// Callers that are heard besides the linked one.
    pub(crate) fn others(&self) -> &[Identity] {
        &self.others
    }

    /// `who` is speaking from now on; `None` means nobody.
    pub(crate) fn speaks(&mut self, now: Instant, who: Option<Identity>) {
        self.count(now);
        self.speaking = who.map(|who| (who, now));
    }

    /// Caller who spoke longest in this turn.
    pub(crate) fn speaker(&mut self, now: Instant) -> Option<Identity> {
        self.count(now);
        let longest = self.spoken.iter().max_by_key(|(_, long)| *long);
        longest.map(|(who, _)| who.clone())
    }

    /// The turn is over: speech from now on belongs to the next one.
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
    /// Caller to whom the current transcript is attributed.
    pub(crate) fn speaker(&mut self) -> Option<Identity> {
        let open = self.captions.speaker().cloned();
        open.or_else(|| self.speakers.speaker(self.cx.now))
            .or_else(|| self.callers.linked().cloned())
    }

    /// Updates the subscriptions after a caller joined or left, or another one was linked.
    pub(crate) fn listen_to_others(&mut self) {
        if !self.speakers.hears_all() {
            return;
        }
        let others = self.callers.others();
        if others != self.speakers.others {
            self.speakers.others.clone_from(&others);
            self.cx.act(Action::ListenAlso(others));
        }
    }
}
