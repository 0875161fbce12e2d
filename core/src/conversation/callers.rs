//! Who is in the room, and to whom the agent listens.

use std::time::Instant;

use super::ParticipantKind;
use crate::ids::Identity;

/// The callers in the room. The first to come is linked; the next one follows when it leaves.
#[derive(Debug, Default)]
pub(super) struct Callers {
    /// In order of joining.
    present: Vec<(Identity, ParticipantKind)>,
    linked: Option<Identity>,
    /// Who was linked when another process made the call: linked again, whoever comes first.
    before: Option<Identity>,
    /// Who was linked and may be back until then: linked again, although somebody else is now.
    away: Option<(Identity, Instant)>,
    /// Nobody else counts.
    only: Option<Identity>,
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
pub enum NotHandedOver {
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

    /// Takes in who came; gives who is linked because of it.
    pub(super) fn joined(
        &mut self,
        now: Instant,
        identity: Identity,
        kind: ParticipantKind,
    ) -> Option<Identity> {
        let is_meant = self.only.as_ref().is_none_or(|only| *only == identity);
        if !is_meant || !kind.is_caller() || self.find(&identity).is_some() {
            return None;
        }
        self.present.push((identity.clone(), kind));
        let is_back = self.before.take_if(|before| *before == identity).is_some()
            || self
                .away
                .take_if(|it| it.0 == identity)
                .is_some_and(|it| now < it.1);
        if is_back {
            self.linked = Some(identity);
            return self.linked.clone();
        }
        if self.linked.is_some() {
            return None;
        }
        self.link_first()
    }

    /// Takes in who left and is waited for until `back_until`.
    pub(super) fn left(&mut self, identity: &Identity, back_until: Instant) -> Departure {
        self.present.retain(|(present, _)| present != identity);
        if self.linked.as_ref() != Some(identity) {
            return Departure::Unnoticed;
        }
        self.away = Some((identity.clone(), back_until));
        self.link_first()
            .map_or(Departure::Last, Departure::Succeeded)
    }

    /// Links `to`, as `from` wants it; gives who is linked because of it.
    ///
    /// # Errors
    /// [`NotHandedOver`]
    pub(super) fn hand_over(
        &mut self,
        from: &Identity,
        to: Identity,
    ) -> Result<Option<Identity>, NotHandedOver> {
        if self.linked.as_ref().is_some_and(|linked| linked != from) {
            return Err(NotHandedOver::NotLinked);
        }
        if self.find(&to).is_none() {
            return Err(NotHandedOver::NoSuchCaller);
        }
        self.away = None;
        let is_news = self.linked.as_ref() != Some(&to);
        self.linked = Some(to);
        Ok(self.linked.clone().filter(|_| is_news))
    }

    /// All callers but the one who is linked, in order of joining.
    pub(super) fn others(&self) -> Vec<Identity> {
        let identities = self.present.iter().map(|(identity, _)| identity);
        let others = identities.filter(|it| self.linked.as_ref() != Some(it));
        others.cloned().collect()
    }

    /// To whom the agent listens.
    pub(super) fn linked(&self) -> Option<&Identity> {
        self.linked.as_ref()
    }

    /// Whether the agent listens to somebody.
    pub(super) fn is_linked(&self) -> bool {
        self.linked.is_some()
    }

    fn link_first(&mut self) -> Option<Identity> {
        self.linked = self.present.first().map(|(identity, _)| identity.clone());
        self.linked.clone()
    }

    /// What a caller is who is there.
    pub(super) fn find(&self, identity: &Identity) -> Option<ParticipantKind> {
        let mut present = self.present.iter();
        present.find_map(|(it, kind)| (it == identity).then_some(*kind))
    }
}
