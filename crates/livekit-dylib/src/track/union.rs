//! Enums over several kinds of tracks.

use std::sync::Arc;

use super::{
    LocalAudioTrack, LocalVideoTrack, RemoteAudioTrack, RemoteVideoTrack, StreamState, TrackInner,
    TrackKind, TrackSource,
};
use crate::engine;
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::audio_track::RtcAudioTrack;
use crate::webrtc::media_stream_track::MediaStreamTrack;
use crate::webrtc::stats::RtcStats;
use crate::webrtc::video_track::RtcVideoTrack;

/// A track of any kind.
#[derive(Clone, Debug)]
pub enum Track {
    /// A local audio track.
    LocalAudio(LocalAudioTrack),
    /// A local video track.
    LocalVideo(LocalVideoTrack),
    /// A remote audio track.
    RemoteAudio(RemoteAudioTrack),
    /// A remote video track.
    RemoteVideo(RemoteVideoTrack),
}

/// A track of the local participant.
#[derive(Clone, Debug)]
pub enum LocalTrack {
    /// An audio track.
    Audio(LocalAudioTrack),
    /// A video track.
    Video(LocalVideoTrack),
}

/// A track of a remote participant.
#[derive(Clone, Debug)]
pub enum RemoteTrack {
    /// An audio track.
    Audio(RemoteAudioTrack),
    /// A video track.
    Video(RemoteVideoTrack),
}

/// An audio track, local or remote.
#[derive(Clone, Debug)]
pub enum AudioTrack {
    /// A local track.
    Local(LocalAudioTrack),
    /// A remote track.
    Remote(RemoteAudioTrack),
}

/// A video track, local or remote.
#[derive(Clone, Debug)]
pub enum VideoTrack {
    /// A local track.
    Local(LocalVideoTrack),
    /// A remote track.
    Remote(RemoteVideoTrack),
}

/// Defines the methods that all track enums share.
macro_rules! union {
    ($name:ident: $($variant:ident)+; $rtc:ty) => {
        impl $name {
            /// Identifier assigned by the server.
            pub fn sid(&self) -> TrackSid {
                self.inner().sid()
            }

            /// Name of the track, chosen by the publisher.
            pub fn name(&self) -> String {
                self.inner().name()
            }

            /// Kind of the track: audio or video.
            pub fn kind(&self) -> TrackKind {
                self.inner().kind()
            }

            /// Source of the track, such as a microphone.
            pub fn source(&self) -> TrackSource {
                self.inner().source()
            }

            /// Whether the server is sending the track.
            pub fn stream_state(&self) -> StreamState {
                self.inner().stream_state()
            }

            /// Whether the track is enabled.
            pub fn is_enabled(&self) -> bool {
                self.inner().is_enabled()
            }

            /// Enables the track.
            pub fn enable(&self) {
                self.inner().set_enabled(true);
            }

            /// Disables the track; a local track is muted instead.
            pub fn disable(&self) {
                self.inner().set_enabled(false);
            }

            /// Whether the publisher has muted the track.
            pub fn is_muted(&self) -> bool {
                self.inner().is_muted()
            }

            /// Whether the publisher is a remote participant.
            pub fn is_remote(&self) -> bool {
                match self { $(Self::$variant(track) => track.is_remote()),+ }
            }

            /// The WebRTC track.
            pub fn rtc_track(&self) -> $rtc {
                match self { $(Self::$variant(track) => track.rtc_track().into()),+ }
            }

            pub(crate) fn inner(&self) -> &Arc<TrackInner> {
                match self { $(Self::$variant(track) => &track.inner),+ }
            }
        }
    };
}

union!(Track: LocalAudio LocalVideo RemoteAudio RemoteVideo; MediaStreamTrack);
union!(LocalTrack: Audio Video; MediaStreamTrack);
union!(RemoteTrack: Audio Video; MediaStreamTrack);
union!(AudioTrack: Local Remote; RtcAudioTrack);
union!(VideoTrack: Local Remote; RtcVideoTrack);

impl Track {
    /// Statistics of the track's transport.
    pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
        self.inner().stats().await
    }
}

impl LocalTrack {
    /// Mutes the track and informs the room.
    pub fn mute(&self) {
        self.inner().set_muted(true);
    }

    /// Unmutes the track and informs the room.
    pub fn unmute(&self) {
        self.inner().set_muted(false);
    }

    /// Statistics of the track's transport.
    pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
        self.inner().stats().await
    }
}

impl RemoteTrack {
    pub(crate) fn new(track: engine::Track, source: TrackSource) -> Self {
        let kind = track.info.kind;
        let inner = Arc::new(TrackInner::remote(track, source));
        match kind {
            TrackKind::Audio => Self::Audio(RemoteAudioTrack { inner }),
            TrackKind::Video => Self::Video(RemoteVideoTrack { inner }),
        }
    }

    /// Statistics of the track's transport.
    pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
        self.inner().stats().await
    }
}

/// Defines the conversions between a track enum and [`Track`].
macro_rules! convert {
    ($name:ident { $($variant:ident <=> $all:ident),+ } $error:literal) => {
        impl From<$name> for Track {
            fn from(track: $name) -> Self {
                match track { $($name::$variant(track) => Self::$all(track)),+ }
            }
        }

        impl TryFrom<Track> for $name {
            type Error = &'static str;

            fn try_from(track: Track) -> Result<Self, Self::Error> {
                match track {
                    $(Track::$all(track) => Ok(Self::$variant(track)),)+
                    _ => Err($error),
                }
            }
        }
    };
}

convert!(LocalTrack { Audio <=> LocalAudio, Video <=> LocalVideo } "not a local track");
convert!(RemoteTrack { Audio <=> RemoteAudio, Video <=> RemoteVideo } "not a remote track");
convert!(AudioTrack { Local <=> LocalAudio, Remote <=> RemoteAudio } "not an audio track");
convert!(VideoTrack { Local <=> LocalVideo, Remote <=> RemoteVideo } "not a video track");
