//! Whether the agent can be heard. What it says while it cannot is dropped, shown to nobody and
//! said again, in short, as soon as it can be heard.

use std::time::Instant;

use crate::conversation::{Answer, Conversation, Fact, Inaudible};

/// Asks for what the caller missed.
pub(crate) const SAY_AGAIN: &str = "The caller could not hear you for a while and can hear you \
    again. Say so in a few words, then say again what the caller has missed, in short, or answer \
    what was said last.";

/// Whether the agent can be heard.
#[derive(Debug, Default)]
pub(crate) struct Audibility {
    /// What the room says of our own track.
    track: Option<Inaudible>,
    /// Nobody hears the agent, since then.
    unheard_since: Option<Instant>,
}

impl Audibility {
    /// Whether nobody hears the agent.
    pub(crate) fn is_unheard(&self) -> bool {
        self.unheard_since.is_some()
    }
}

impl Conversation {
    /// Our track can be heard, or not.
    pub(crate) fn voice(&mut self, track: Option<Inaudible>) {
        self.audibility.track = track;
    }

    /// Takes in what follows for the agent's voice once something in the room has changed.
    pub(crate) fn check_audibility(&mut self) {
        if !self.is_live() {
            return;
        }
        let is_deaf = self.callers.is_linked_deaf();
        let track = self.audibility.track;
        let why = track.or_else(|| is_deaf.then_some(Inaudible::CallerDeaf));
        match (why, self.audibility.unheard_since) {
            (Some(why), None) => {
                self.audibility.unheard_since = Some(self.cx.now);
                self.cx.observe(Fact::Unheard(why));
                self.turn.voice_lost(&mut self.cx);
            }
            (None, Some(since)) => {
                self.audibility.unheard_since = None;
                let after = self.cx.now.saturating_duration_since(since);
                self.cx.observe(Fact::HeardAgain { after });
                let is_owed = self.turn.voice_back(self.chat == Answer::Written);
                if is_owed && self.hang_up.is_none() {
                    self.requests.instruct(SAY_AGAIN.to_owned().into());
                }
            }
            _ => {}
        }
    }
}
