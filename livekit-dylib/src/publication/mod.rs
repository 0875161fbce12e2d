//! Publications: what participants offer, subscribed to or not.

mod inner;
mod local;
mod remote;

use livekit_common::EncryptionType;
use livekit_protocol::{AudioTrackFeature, PacketTrailerFeature};

pub use local::LocalTrackPublication;
pub use remote::RemoteTrackPublication;

use crate::id::TrackSid;
use crate::track::{Track, TrackDimension, TrackKind, TrackSource};

/// How far a subscription is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Asked for, not there yet.
    Desired,
    /// Media flows.
    Subscribed,
    /// Not asked for.
    Unsubscribed,
}

/// Whether the publisher lets us subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionStatus {
    /// It does.
    Allowed,
    /// It does not.
    NotAllowed,
}

/// Anybody's publication.
#[derive(Clone, Debug)]
pub enum TrackPublication {
    /// Our own.
    Local(LocalTrackPublication),
    /// Somebody else's.
    Remote(RemoteTrackPublication),
}

/// The same method of either variant.
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
    /// The identifier the server gave it.
    sid -> TrackSid;
    /// The publisher's name for it.
    name -> String;
    /// Sound or pictures.
    kind -> TrackKind;
    /// What it shows or lets hear.
    source -> TrackSource;
    /// Whether there are several layers.
    simulcasted -> bool;
    /// The size of the pictures.
    dimension -> TrackDimension;
    /// The codec.
    mime_type -> String;
    /// Whether it is muted.
    is_muted -> bool;
    /// Whether somebody else publishes it.
    is_remote -> bool;
    /// How its media is encrypted end to end.
    encryption_type -> EncryptionType;
    /// What its sound was put through.
    audio_features -> Vec<AudioTrackFeature>;
    /// What comes with each frame.
    frame_metadata_features -> Vec<PacketTrailerFeature>;
}

impl TrackPublication {
    /// Its track; of a remote one only while subscribed.
    pub fn track(&self) -> Option<Track> {
        match self {
            Self::Local(publication) => publication.track().map(Into::into),
            Self::Remote(publication) => publication.track().map(Into::into),
        }
    }

    /// Takes over that the track was muted, by whomever.
    pub(crate) fn was_muted(&self, muted: bool) {
        match self {
            Self::Local(publication) => publication.was_muted(muted),
            Self::Remote(publication) => publication.was_muted(muted),
        }
    }
}
