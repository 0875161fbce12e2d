//! Who is in the room, and to whom the agent listens.

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
    pub(super) fn joined(&mut self, identity: Identity, kind: ParticipantKind) -> Option<Identity> {
        let is_meant = self.only.as_ref().is_none_or(|only| *only == identity);
        if !is_meant || !kind.is_caller() || self.find(&identity).is_some() {
            return None;
        }
        self.present.push((identity.clone(), kind));
        if self.before.take_if(|before| *before == identity).is_some() {
            self.linked = Some(identity);
            return self.linked.clone();
        }
        if self.linked.is_some() {
            return None;
        }
        self.link_first()
    }

    /// Takes in who left.
    pub(super) fn left(&mut self, identity: &Identity) -> Departure {
        self.present.retain(|(present, _)| present != identity);
        if self.linked.as_ref() != Some(identity) {
            return Departure::Unnoticed;
        }
        self.link_first()
            .map_or(Departure::Last, Departure::Succeeded)
    }

    /// To whom the agent listens.
    pub(super) fn linked(&self) -> Option<&Identity> {
        self.linked.as_ref()
    }

    /// What the one is to whom the agent listens.
    pub(super) fn kind(&self) -> Option<ParticipantKind> {
        self.find(self.linked.as_ref()?)
    }

    /// Whether the agent listens to somebody.
    pub(super) fn is_linked(&self) -> bool {
        self.linked.is_some()
    }

    fn link_first(&mut self) -> Option<Identity> {
        self.linked = self.present.first().map(|(identity, _)| identity.clone());
        self.linked.clone()
    }

    fn find(&self, identity: &Identity) -> Option<ParticipantKind> {
        let mut present = self.present.iter();
        present.find_map(|(it, kind)| (it == identity).then_some(*kind))
    }
}
