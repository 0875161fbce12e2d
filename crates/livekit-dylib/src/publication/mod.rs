//! Track publications, whether subscribed to or not.

mod inner;
mod local;
mod remote;

use livekit_common::EncryptionType;
use livekit_protocol::{AudioTrackFeature, PacketTrailerFeature};

pub use local::LocalTrackPublication;
pub use remote::RemoteTrackPublication;

use crate::id::TrackSid;
use crate::track::{Track, TrackDimension, TrackKind, TrackSource};

/// State of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Requested, but not yet subscribed.
    Desired,
    /// Subscribed; media is available.
    Subscribed,
    /// Not requested.
    Unsubscribed,
}

/// Whether the publisher permits the local participant to subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionStatus {
    /// Subscribing is allowed.
    Allowed,
    /// Subscribing is not allowed.
    NotAllowed,
}

/// A publication of either kind.
#[derive(Clone, Debug)]
pub enum TrackPublication {
    /// A publication of the local participant.
    Local(LocalTrackPublication),
    /// A publication of a remote participant.
    Remote(RemoteTrackPublication),
}

/// Defines methods that delegate to the variant.
macro_rules! either {
    ($($(#[$doc:meta])* $name:ident -> $result:ty;)+) => {
        impl TrackPublication {
            $($(#[$doc])*
            pub fn $name(&self) -> $result {
                match self {
                    Self::Local(publication) => publication.$name(),
                    Self::Remote(publication) => publication.$name(),
                }
            })+
        }
    };
}

either! {
    /// Identifier assigned by the server.
    sid -> TrackSid;
    /// Name of the track, chosen by the publisher.
    name -> String;
    /// Kind of the track: audio or video.
    kind -> TrackKind;
    /// Source of the track, such as a microphone.
    source -> TrackSource;
    /// Whether the track is simulcast.
    simulcasted -> bool;
    /// Resolution of a video track in pixels.
    dimension -> TrackDimension;
    /// MIME type of the codec.
    mime_type -> String;
    /// Whether the track is muted.
    is_muted -> bool;
    /// Whether the publisher is a remote participant.
    is_remote -> bool;
    /// End-to-end encryption of the track's media.
    encryption_type -> EncryptionType;
    /// Features of an audio track, such as noise suppression.
    audio_features -> Vec<AudioTrackFeature>;
    /// Metadata attached to each frame.
    frame_metadata_features -> Vec<PacketTrailerFeature>;
}

impl TrackPublication {
    /// The track; for a remote publication, only while subscribed.
    pub fn track(&self) -> Option<Track> {
        match self {
            Self::Local(publication) => publication.track().map(Into::into),
            Self::Remote(publication) => publication.track().map(Into::into),
        }
    }

    /// Records that the track was muted or unmuted.
    pub(crate) fn set_muted_state(&self, muted: bool) {
        match self {
            Self::Local(publication) => publication.set_muted_state(muted),
            Self::Remote(publication) => publication.set_muted_state(muted),
        }
    }
}
