//! Remote participants.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::state::participant;
use super::{
    ClientCapability, ConnectionQuality, DisconnectReason, ParticipantKind, ParticipantKindDetail,
    ParticipantState, State,
};
use crate::engine::ParticipantInfo;
use crate::id::{ParticipantIdentity, ParticipantSid, TrackSid};
use crate::publication::RemoteTrackPublication;

/// A remote participant. Clones share their state.
#[derive(Clone)]
pub struct RemoteParticipant {
    inner: Arc<Inner>,
}

struct Inner {
    state: State,
    publications: RwLock<HashMap<TrackSid, RemoteTrackPublication>>,
}

participant!(RemoteParticipant);

impl RemoteParticipant {
    pub(crate) fn new(info: ParticipantInfo) -> Self {
        Self {
            inner: Arc::new(Inner {
                state: State::new(info),
                publications: RwLock::default(),
            }),
        }
    }

    /// All publications of the participant, by track identifier.
    pub fn track_publications(&self) -> HashMap<TrackSid, RemoteTrackPublication> {
        self.inner.publications.read().clone()
    }

    /// The publication with this identifier.
    pub fn get_track_publication(&self, sid: &TrackSid) -> Option<RemoteTrackPublication> {
        self.inner.publications.read().get(sid).cloned()
    }

    /// Capabilities of the participant's client. Always empty, because the native core does not
    /// report them.
    pub fn capabilities(&self) -> Vec<ClientCapability> {
        Vec::new()
    }

    pub(crate) fn describe(&self) -> &State {
        &self.inner.state
    }

    pub(crate) fn published(&self, publication: RemoteTrackPublication) {
        self.inner
            .publications
            .write()
            .insert(publication.sid(), publication);
    }

    pub(crate) fn unpublished(&self, sid: &TrackSid) -> Option<RemoteTrackPublication> {
        let publication = self.inner.publications.write().remove(sid);
        if let Some(publication) = &publication {
            publication.release();
        }
        publication
    }

    /// Releases the engine handles of all publications, because the participant has left or the
    /// room has ended.
    pub(crate) fn release(&self) {
        self.inner
            .publications
            .read()
            .values()
            .for_each(RemoteTrackPublication::release);
    }
}
