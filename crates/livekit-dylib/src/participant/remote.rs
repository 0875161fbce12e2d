//! Remote participants.

use std::collections::HashMap;
use std::sync::Arc;

use livekit_protocol::ParticipantPermission;
use parking_lot::RwLock;

use super::kind::{DisconnectReason, ParticipantKind};
use super::state::{State, participant};
use crate::engine::ParticipantInfo;
use crate::id::{ParticipantIdentity, TrackSid};
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

    /// Display name of the participant.
    pub fn name(&self) -> String {
        self.describe().read().name.clone()
    }

    /// Application-defined metadata of the participant.
    pub fn metadata(&self) -> String {
        self.describe().read().metadata.clone()
    }

    /// Why the participant left.
    pub fn disconnect_reason(&self) -> DisconnectReason {
        self.describe().read().disconnect_reason
    }

    /// Protocol version of the participant's client.
    pub fn client_protocol(&self) -> i32 {
        self.describe().read().client_protocol
    }

    pub(crate) fn publication(&self, sid: &TrackSid) -> Option<RemoteTrackPublication> {
        self.inner.publications.read().get(sid).cloned()
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

    pub(crate) fn unpublished(&self, sid: &TrackSid) {
        if let Some(publication) = self.inner.publications.write().remove(sid) {
            publication.release();
        }
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
