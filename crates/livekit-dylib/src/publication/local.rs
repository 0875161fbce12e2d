//! Publications of the local participant.

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;

use super::inner::publication;
use crate::engine::PublicationInfo;
use crate::id::TrackSid;
use crate::track::{LocalTrack, TrackKind, TrackSource};

/// A published track of the local participant.
#[derive(Clone)]
pub struct LocalTrackPublication {
    inner: Arc<Inner>,
}

struct Inner {
    info: RwLock<PublicationInfo>,
    track: LocalTrack,
}

publication!(LocalTrackPublication);

impl LocalTrackPublication {
    pub(crate) fn new(info: PublicationInfo, track: LocalTrack) -> Self {
        track.inner().published(info.sid.clone(), info.source);
        Self {
            inner: Arc::new(Inner {
                info: RwLock::new(info),
                track,
            }),
        }
    }

    /// Updates the publication after it has been republished.
    pub(crate) fn republished(&self, info: PublicationInfo) {
        self.inner
            .track
            .inner()
            .published(info.sid.clone(), info.source);
        *self.inner.info.write() = info;
    }

    /// Mutes the track and informs the room.
    pub fn mute(&self) {
        self.inner.track.inner().set_muted(true);
    }

    /// Unmutes the track and informs the room.
    pub fn unmute(&self) {
        self.inner.track.inner().set_muted(false);
    }

    /// The published track.
    pub(crate) fn track(&self) -> LocalTrack {
        self.inner.track.clone()
    }

    /// Whether the track is muted.
    pub fn is_muted(&self) -> bool {
        self.inner.track.inner().is_muted()
    }

    pub(crate) fn set_muted_state(&self, muted: bool) {
        self.inner.track.inner().set_muted_state(muted);
    }
}

impl fmt::Debug for LocalTrackPublication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTrackPublication")
            .field("sid", &self.sid())
            .field("name", &self.name())
            .field("kind", &self.kind())
            .finish()
    }
}
