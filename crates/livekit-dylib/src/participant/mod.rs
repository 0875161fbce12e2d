//! Participants of a room.

mod kind;
mod local;
mod remote;
mod state;

use std::collections::HashMap;

pub use kind::{DisconnectReason, ParticipantKind};
pub use local::LocalParticipant;
pub use remote::RemoteParticipant;

pub(crate) use state::State;

use crate::id::{ParticipantIdentity, TrackSid};

/// A participant of either kind.
#[derive(Debug, Clone)]
pub enum Participant {
    /// The local participant.
    Local(LocalParticipant),
    /// A remote participant.
    Remote(RemoteParticipant),
}

impl Participant {
    /// Identity of the participant.
    pub fn identity(&self) -> ParticipantIdentity {
        self.describe().read().identity.clone()
    }

    /// Application-defined attributes of the participant.
    pub fn attributes(&self) -> HashMap<String, String> {
        self.describe().read().attributes.clone()
    }

    /// Kind of the participant.
    pub fn kind(&self) -> ParticipantKind {
        self.describe().read().kind
    }

    /// Records that a track of the participant was muted or unmuted; `None` if it is unknown.
    pub(crate) fn set_muted_state(&self, sid: &TrackSid, muted: bool) -> Option<()> {
        match self {
            Self::Local(participant) => participant.publication(sid)?.set_muted_state(muted),
            Self::Remote(participant) => participant.publication(sid)?.set_muted_state(muted),
        }
        Some(())
    }

    pub(crate) fn describe(&self) -> &State {
        match self {
            Self::Local(participant) => participant.describe(),
            Self::Remote(participant) => participant.describe(),
        }
    }
}
