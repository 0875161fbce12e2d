//! Callers in the room, and which of them is linked.

pub(crate) mod participants;
pub(crate) mod pre_connect_audio;
pub(crate) mod speakers;

use std::time::Instant;

use super::{ParticipantInfo, ParticipantKind, Phone};
use crate::ids::Identity;

/// Participants who are callers or can become callers.
///
/// The first one who may speak is linked, and stays linked while it may speak. A participant who
/// may only write is linked while nobody may speak. A participant who may do neither is never
/// linked. A phone does not count until its call is active.
#[derive(Debug, Default)]
pub(super) struct Callers {
    /// In order of joining.
    present: Vec<Present>,
    linked: Option<Identity>,
    /// Caller who was linked when another process handled the call. Linked again on joining,
    /// whoever joined first.
    before: Option<Identity>,
    /// Previous linked caller, who is linked again when it returns before this time, even if
    /// another one is linked by then.
    away: Option<(Identity, Instant)>,
    /// The only participant who can be a caller, whatever its permissions.
    only: Option<Identity>,
}

#[derive(Debug)]
struct Present {
    identity: Identity,
    info: ParticipantInfo,
    /// Its phone call was active at least once. A later unknown status does not undo that.
    has_answered: bool,
}

/// What it means that a participant left.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// The linked caller is somebody else.
    Unnoticed,
    /// The linked caller left, and this one is linked instead.
    Succeeded(Identity),
    /// The linked caller left, and nobody can be linked.
    Last,
}

/// Why a hand-over to another caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOverRefusal {
    /// Only the linked caller can hand over.
    #[error("only the linked caller can hand over the agent")]
    NotLinked,
    /// The other participant is not in the room or cannot be linked.
    #[error("there is no caller with this identity in the room")]
    NoSuchCaller,
    /// The call is over.
    #[error("the call is over")]
    Over,
}

impl Callers {
    /// Creates an empty list that prefers `before` and, if `only` is set, ignores everybody else.
    pub(super) fn new(before: Option<Identity>, only: Option<Identity>) -> Self {
        Self {
            before,
            only,
            ..Self::default()
        }
    }

    /// Handles a participant who joined or changed. Returns the linked caller if it changed.
    pub(super) fn update(
        &mut self,
        now: Instant,
        identity: Identity,
        info: ParticipantInfo,
    ) -> Option<Identity> {
        let is_meant = self.only.as_ref().is_none_or(|only| *only == identity);
        if !is_meant || !info.kind.is_caller() || !info.is_there() {
            return None;
        }
        let answers = info.phone == Phone::Active;
        let mut present = self.present.iter_mut();
        match present.find(|it| it.identity == identity) {
            Some(known) => {
                known.info = info;
                known.has_answered |= answers;
            }
            None => self.present.push(Present {
                identity: identity.clone(),
                info,
                has_answered: answers,
            }),
        }
        if self.is_back(now, &identity) {
            self.linked = Some(identity);
            return self.linked.clone();
        }
        self.link_best()
    }

    /// Handles a participant who left. It is linked again if it returns before `back_until`.
    pub(super) fn left(&mut self, identity: &Identity, back_until: Instant) -> Departure {
        self.present.retain(|present| present.identity != *identity);
        if self.linked.as_ref() != Some(identity) {
            return Departure::Unnoticed;
        }
        self.away = Some((identity.clone(), back_until));
        self.linked = None;
        self.link_best()
            .map_or(Departure::Last, Departure::Succeeded)
    }

    /// Links `to` at the request of `from`. Returns the linked caller if it changed.
    ///
    /// # Errors
    /// Returns why the hand-over is refused, as a [`HandOverRefusal`].
    pub(super) fn hand_over(
        &mut self,
        from: &Identity,
        to: Identity,
    ) -> Result<Option<Identity>, HandOverRefusal> {
        if self.linked.as_ref().is_some_and(|linked| linked != from) {
            return Err(HandOverRefusal::NotLinked);
        }
        if !self
            .present
            .iter()
            .any(|it| it.identity == to && it.speaks())
        {
            return Err(HandOverRefusal::NoSuchCaller);
        }
        self.away = None;
        let is_news = self.linked.as_ref() != Some(&to);
        self.linked = Some(to);
        Ok(self.linked.clone().filter(|_| is_news))
    }

    /// All callers except the linked one, in order of joining.
    pub(super) fn others(&self) -> Vec<Identity> {
        let callers = self.present.iter().filter(|it| self.is_caller(it));
        let others = callers.filter(|it| self.linked.as_ref() != Some(&it.identity));
        others.map(|it| it.identity.clone()).collect()
    }

    /// The linked caller.
    pub(super) fn linked(&self) -> Option<&Identity> {
        self.linked.as_ref()
    }

    /// Whether a caller is linked.
    pub(super) fn is_linked(&self) -> bool {
        self.linked.is_some()
    }

    /// Whether the linked caller may not subscribe to the agent's track.
    pub(super) fn is_linked_deaf(&self) -> bool {
        let linked = self.linked.as_ref().and_then(|it| self.get(it));
        linked.is_some_and(|it| !it.info.may_hear)
    }

    /// Whether a phone is ringing and has not answered yet.
    pub(super) fn is_ringing(&self) -> bool {
        self.present.iter().any(|it| !it.has_answered)
    }

    /// Kind of this caller, if it is in the room.
    pub(super) fn find(&self, identity: &Identity) -> Option<ParticipantKind> {
        let caller = self.get(identity).filter(|it| self.is_caller(it));
        caller.map(|it| it.info.kind)
    }

    /// Links a participant who may speak, unless the linked caller may speak. If nobody may speak
    /// and nobody is linked, links one who may write.
    fn link_best(&mut self) -> Option<Identity> {
        let linked = self.linked.as_ref().and_then(|it| self.get(it));
        if linked.is_some_and(Present::speaks) {
            return None;
        }
        let speaker = self.present.iter().find(|it| it.speaks());
        let first = || self.present.iter().find(|it| self.is_caller(it));
        let best = speaker.or_else(|| first().filter(|_| linked.is_none()))?;
        self.linked = Some(best.identity.clone());
        self.linked.clone()
    }

    /// Whether this is a previous linked caller who can be linked again.
    fn is_back(&mut self, now: Instant, identity: &Identity) -> bool {
        let can_be = self.get(identity).is_some_and(|it| match self.linked {
            None => self.is_caller(it),
            Some(_) => it.speaks(),
        });
        if !can_be || self.linked.as_ref() == Some(identity) {
            return false;
        }
        let before = self.before.take_if(|before| before == identity);
        let away = self.away.take_if(|away| away.0 == *identity);
        before.is_some() || away.is_some_and(|(_, until)| now < until)
    }

    /// Whether this participant can be linked at all.
    fn is_caller(&self, it: &Present) -> bool {
        let is_asked_for = [&self.only, &self.linked].into_iter().flatten();
        it.has_answered
            && (it.info.may_speak
                || it.info.may_write
                || is_asked_for.into_iter().any(|asked| *asked == it.identity))
    }

    fn get(&self, identity: &Identity) -> Option<&Present> {
        self.present.iter().find(|it| it.identity == *identity)
    }
}

impl Present {
    /// Whether the agent may hear it.
    fn speaks(&self) -> bool {
        self.has_answered && self.info.may_speak
    }
}

impl ParticipantInfo {
    /// Whether the participant counts as present.
    pub(super) fn is_there(&self) -> bool {
        self.takes_part && self.phone != Phone::HungUp
    }
}
