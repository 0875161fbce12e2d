//! Who is in the room, and to whom the agent listens.

pub(crate) mod participants;
pub(crate) mod pre_connect_audio;
pub(crate) mod speakers;

use std::time::Instant;

use super::{ParticipantInfo, ParticipantKind, Phone};
use crate::ids::Identity;

/// The participants who are callers, or may become one.
///
/// The first one who may speak is linked, and stays linked while it may speak. Somebody who may
/// only write is linked while nobody may speak; somebody who may do neither is never linked. A
/// telephone is nobody until its call is active.
#[derive(Debug, Default)]
pub(super) struct Callers {
    /// In order of joining.
    present: Vec<Present>,
    linked: Option<Identity>,
    /// Who was linked when another process made the call: linked again, whoever comes first.
    before: Option<Identity>,
    /// Who was linked and may be back until then: linked again, although somebody else is now.
    away: Option<(Identity, Instant)>,
    /// Nobody else counts, and this one whatever it may do.
    only: Option<Identity>,
}

#[derive(Debug)]
struct Present {
    identity: Identity,
    info: ParticipantInfo,
    /// Its call was active once; a status that is not known does not undo that.
    has_answered: bool,
}

/// What a caller's leaving means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// The agent listens to somebody else, or never listened.
    Unnoticed,
    /// This one is linked now.
    Succeeded(Identity),
    /// Nobody is left.
    Last,
}

/// Why the agent goes on listening to whom it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOverRefusal {
    /// Only the one who is linked can hand over.
    #[error("the agent does not listen to you")]
    NotLinked,
    /// The other one is not there, or nobody who can be listened to.
    #[error("there is no such caller in the room")]
    NoSuchCaller,
    /// The call is over.
    #[error("the call is over")]
    Over,
}

impl Callers {
    /// Prefers `before`, and knows nobody but `only`.
    pub(super) fn new(before: Option<Identity>, only: Option<Identity>) -> Self {
        Self {
            before,
            only,
            ..Self::default()
        }
    }

    /// Takes in who came, or what has changed of who is there; gives who is linked because of it.
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

    /// Takes in who left and is waited for until `back_until`.
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

    /// Links `to`, as `from` wants it; gives who is linked because of it.
    ///
    /// # Errors
    /// [`HandOverRefusal`]
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

    /// All callers but the one who is linked, in order of joining.
    pub(super) fn others(&self) -> Vec<Identity> {
        let callers = self.present.iter().filter(|it| self.is_caller(it));
        let others = callers.filter(|it| self.linked.as_ref() != Some(&it.identity));
        others.map(|it| it.identity.clone()).collect()
    }

    /// To whom the agent listens.
    pub(super) fn linked(&self) -> Option<&Identity> {
        self.linked.as_ref()
    }

    /// Whether the agent listens to somebody.
    pub(super) fn is_linked(&self) -> bool {
        self.linked.is_some()
    }

    /// Whether the one who is linked may not subscribe to the agent's track.
    pub(super) fn is_linked_deaf(&self) -> bool {
        let linked = self.linked.as_ref().and_then(|it| self.get(it));
        linked.is_some_and(|it| !it.info.may_hear)
    }

    /// Whether a telephone rings that nobody has answered yet.
    pub(super) fn is_ringing(&self) -> bool {
        self.present.iter().any(|it| !it.has_answered)
    }

    /// What a caller is who is there.
    pub(super) fn find(&self, identity: &Identity) -> Option<ParticipantKind> {
        let caller = self.get(identity).filter(|it| self.is_caller(it));
        caller.map(|it| it.info.kind)
    }

    /// Links somebody who may speak, unless the one who is linked may; without anybody, somebody
    /// who may at least write.
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

    /// Whether that is who was linked before, and can be linked again.
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

    /// Whether the agent may listen to it at all.
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
    /// Whether it may be heard.
    fn speaks(&self) -> bool {
        self.has_answered && self.info.may_speak
    }
}

impl ParticipantInfo {
    /// Whether it is in the room as far as the agent is concerned.
    pub(super) fn is_there(&self) -> bool {
        self.takes_part && self.phone != Phone::HungUp
    }
}
