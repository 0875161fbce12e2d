//! Publications of remote participants.

use std::fmt;
use std::sync::Arc;

use livekit_protocol::AudioTrackFeature;
use parking_lot::RwLock;

use super::inner::publication;
use crate::engine::{self, PublicationInfo};
use crate::id::TrackSid;
use crate::track::{RemoteTrack, TrackKind, TrackSource};

/// A published track of a remote participant, whether subscribed to or not.
#[derive(Clone)]
pub struct RemoteTrackPublication {
    inner: Arc<Inner>,
}

struct Inner {
    info: RwLock<PublicationInfo>,
    engine: engine::Publication,
    /// The track, while subscribed.
    track: RwLock<Option<RemoteTrack>>,
}

publication!(RemoteTrackPublication);

impl RemoteTrackPublication {
    pub(crate) fn new(info: PublicationInfo, engine: engine::Publication) -> Self {
        Self {
            inner: Arc::new(Inner {
                info: RwLock::new(info),
                engine,
                track: RwLock::default(),
            }),
        }
    }

    /// Features of an audio track, such as noise suppression.
    pub fn audio_features(&self) -> Vec<AudioTrackFeature> {
        self.inner.info.read().audio_features.clone()
    }

    /// Subscribes to the track, or unsubscribes from it.
    pub fn set_subscribed(&self, subscribed: bool) {
        if let Err(error) = self.inner.engine.set_subscribed(subscribed) {
            tracing::debug!(target: "livekit", %error, "publication has ended");
        }
    }

    /// Whether the track is subscribed and its media is available.
    pub fn is_subscribed(&self) -> bool {
        self.inner.track.read().is_some()
    }

    /// Whether the publisher has muted the track.
    pub fn is_muted(&self) -> bool {
        self.inner.info.read().muted
    }

    pub(crate) fn set_muted_state(&self, muted: bool) {
        self.inner.info.write().muted = muted;
    }

    /// Records that the track is subscribed.
    pub(crate) fn subscribed(&self, track: RemoteTrack) {
        *self.inner.track.write() = Some(track);
    }

    /// Records that the track is no longer subscribed, and releases it.
    pub(crate) fn unsubscribed(&self) -> Option<RemoteTrack> {
        let track = self.inner.track.write().take();
        if let Some(track) = &track {
            track.inner().release();
        }
        track
    }

    /// Releases the engine handles, because the track has been unpublished.
    pub(crate) fn release(&self) {
        self.unsubscribed();
        self.inner.engine.release();
    }
}

impl fmt::Debug for RemoteTrackPublication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteTrackPublication")
            .field("sid", &self.sid())
            .field("is_subscribed", &self.is_subscribed())
            .finish()
    }
}
