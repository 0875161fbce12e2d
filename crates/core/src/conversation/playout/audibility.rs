//! Whether callers can hear the agent. What the agent says while they cannot is dropped without
//! captions, and repeated in short as soon as they can hear it again.

use std::time::Instant;

use crate::conversation::{Answer, Conversation, Fact, Inaudible};

/// Instructions to repeat what the caller missed.
pub(crate) const SAY_AGAIN: &str = "The caller could not hear you for a while and can hear you \
    again. Say so in a few words, then say again what the caller has missed, in short, or answer \
    what was said last.";

/// Tracks whether callers can hear the agent.
#[derive(Debug, Default)]
pub(crate) struct Audibility {
    /// Why the agent's own track cannot be heard.
    track: Option<Inaudible>,
    /// Since when callers cannot hear the agent.
    unheard_since: Option<Instant>,
}

impl Audibility {
    /// Whether callers cannot hear the agent.
    pub(crate) fn is_unheard(&self) -> bool {
        self.unheard_since.is_some()
    }
}

impl Conversation {
    /// Records why the agent's track cannot be heard, or `None` when it can.
    pub(crate) fn voice(&mut self, track: Option<Inaudible>) {
        self.audibility.track = track;
    }

    /// Checks after a change in the room whether callers can hear the agent, and reacts if that
    /// changed.
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
