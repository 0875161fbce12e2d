//! Publications of remote participants.

use std::fmt;
use std::sync::Arc;

use livekit_common::EncryptionType;
use livekit_protocol::{AudioTrackFeature, PacketTrailerFeature};
use parking_lot::RwLock;

use super::inner::publication;
use super::{PermissionStatus, SubscriptionStatus};
use crate::engine::{self, PublicationInfo};
use crate::id::TrackSid;
use crate::track::{RemoteTrack, TrackDimension, TrackKind, TrackSource, VideoQuality};

/// A published track of a remote participant, whether subscribed to or not.
#[derive(Clone)]
pub struct RemoteTrackPublication {
    inner: Arc<Inner>,
}

struct Inner {
    info: RwLock<PublicationInfo>,
    engine: engine::Publication,
    subscription: RwLock<Subscription>,
}

struct Subscription {
    track: Option<RemoteTrack>,
    desired: bool,
    allowed: bool,
}

publication!(RemoteTrackPublication);

impl RemoteTrackPublication {
    pub(crate) fn new(
        info: PublicationInfo,
        engine: engine::Publication,
        auto_subscribe: bool,
    ) -> Self {
        let subscription = Subscription {
            track: None,
            desired: auto_subscribe,
            allowed: true,
        };
        Self {
            inner: Arc::new(Inner {
                info: RwLock::new(info),
                engine,
                subscription: RwLock::new(subscription),
            }),
        }
    }

    /// Subscribes to the track, or unsubscribes from it.
    pub fn set_subscribed(&self, subscribed: bool) {
        {
            let mut subscription = self.inner.subscription.write();
            subscription.desired = subscribed;
            subscription.allowed |= subscribed;
        }
        self.request(|publication| publication.set_subscribed(subscribed));
    }

    /// Selects the layer of a simulcast track to receive.
    pub fn set_video_quality(&self, quality: VideoQuality) {
        if !self.simulcasted() {
            tracing::warn!(target: "livekit", "cannot set video quality for a track that is not simulcast");
            return;
        }
        self.request(|publication| publication.set_quality(quality));
    }

    /// Asks the server to start or stop sending a subscribed track.
    pub fn set_enabled(&self, enabled: bool) {
        let Some(track) = self.track() else { return };
        if track.is_enabled() != enabled {
            track.inner().set_enabled_state(enabled);
            self.request(|publication| publication.set_enabled(enabled));
        }
    }

    /// Reports the size at which a subscribed video is shown, in pixels.
    pub fn update_video_dimensions(&self, dimension: TrackDimension) {
        if self.is_subscribed() {
            self.inner.info.write().dimension = dimension;
            self.request(|publication| publication.set_dimension(dimension.0, dimension.1));
        }
    }

    /// State of the subscription.
    pub fn subscription_status(&self) -> SubscriptionStatus {
        let subscription = self.inner.subscription.read();
        match (&subscription.track, subscription.desired) {
            (_, false) => SubscriptionStatus::Unsubscribed,
            (None, true) => SubscriptionStatus::Desired,
            (Some(_), true) => SubscriptionStatus::Subscribed,
        }
    }

    /// Whether the publisher permits the local participant to subscribe.
    pub fn permission_status(&self) -> PermissionStatus {
        if self.is_allowed() {
            PermissionStatus::Allowed
        } else {
            PermissionStatus::NotAllowed
        }
    }

    /// Whether the track is subscribed and its media is available.
    pub fn is_subscribed(&self) -> bool {
        self.inner.subscription.read().track.is_some()
    }

    /// Whether a subscription has been requested.
    pub fn is_desired(&self) -> bool {
        self.inner.subscription.read().desired
    }

    /// Whether the publisher permits the local participant to subscribe.
    pub fn is_allowed(&self) -> bool {
        self.inner.subscription.read().allowed
    }

    /// Whether the server has been asked to send the track.
    pub fn is_enabled(&self) -> bool {
        self.track().is_some_and(|track| track.is_enabled())
    }

    /// The track, while subscribed.
    pub fn track(&self) -> Option<RemoteTrack> {
        self.inner.subscription.read().track.clone()
    }

    /// Whether the publisher has muted the track.
    pub fn is_muted(&self) -> bool {
        self.inner.info.read().muted
    }

    /// Whether the publisher is a remote participant: always `true`.
    pub fn is_remote(&self) -> bool {
        true
    }

    pub(crate) fn set_muted_state(&self, muted: bool) {
        self.inner.info.write().muted = muted;
        if let Some(track) = self.track() {
            track.inner().set_muted_state(muted);
        }
    }

    /// Records that the track is subscribed.
    pub(crate) fn subscribed(&self, track: RemoteTrack) {
        self.inner.subscription.write().track = Some(track);
    }

    /// Records that the track is no longer subscribed, and releases it.
    pub(crate) fn unsubscribed(&self) -> Option<RemoteTrack> {
        let track = self.inner.subscription.write().track.take();
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

    fn request(&self, request: impl FnOnce(&engine::Publication) -> Result<(), engine::Error>) {
        if let Err(error) = request(&self.inner.engine) {
            tracing::debug!(target: "livekit", %error, "publication has ended");
        }
    }
}

impl fmt::Debug for RemoteTrackPublication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteTrackPublication")
            .field("sid", &self.sid())
            .field("is_subscribed", &self.is_subscribed())
            .field("is_allowed", &self.is_allowed())
            .finish()
    }
}
