//! Somebody else in the room.

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

/// A participant that is not this process.
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

    /// What it publishes.
    pub fn track_publications(&self) -> HashMap<TrackSid, RemoteTrackPublication> {
        self.inner.publications.read().clone()
    }

    /// What it publishes under this identifier.
    pub fn get_track_publication(&self, sid: &TrackSid) -> Option<RemoteTrackPublication> {
        self.inner.publications.read().get(sid).cloned()
    }

    /// What its client can do; the native core does not tell: always empty.
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

    /// Lets the engine go of all it publishes: it is gone, or the room has ended.
    pub(crate) fn release(&self) {
        self.inner
            .publications
            .read()
            .values()
            .for_each(RemoteTrackPublication::release);
    }
}
