//! Tracks of several kinds in one type.

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

/// Any track.
#[derive(Clone, Debug)]
pub enum Track {
    /// Sound of our own.
    LocalAudio(LocalAudioTrack),
    /// Pictures of our own.
    LocalVideo(LocalVideoTrack),
    /// Somebody else's sound.
    RemoteAudio(RemoteAudioTrack),
    /// Somebody else's pictures.
    RemoteVideo(RemoteVideoTrack),
}

/// A track of our own.
#[derive(Clone, Debug)]
pub enum LocalTrack {
    /// Sound.
    Audio(LocalAudioTrack),
    /// Pictures.
    Video(LocalVideoTrack),
}

/// Somebody else's track.
#[derive(Clone, Debug)]
pub enum RemoteTrack {
    /// Sound.
    Audio(RemoteAudioTrack),
    /// Pictures.
    Video(RemoteVideoTrack),
}

/// A track of sound.
#[derive(Clone, Debug)]
pub enum AudioTrack {
    /// Our own.
    Local(LocalAudioTrack),
    /// Somebody else's.
    Remote(RemoteAudioTrack),
}

/// A track of pictures.
#[derive(Clone, Debug)]
pub enum VideoTrack {
    /// Our own.
    Local(LocalVideoTrack),
    /// Somebody else's.
    Remote(RemoteVideoTrack),
}

/// The methods all tracks share, by variant.
macro_rules! union {
    ($name:ident: $($variant:ident)+; $rtc:ty) => {
        impl $name {
            /// The identifier the server gave it.
            pub fn sid(&self) -> TrackSid {
                self.inner().sid()
            }

            /// The publisher's name for it.
            pub fn name(&self) -> String {
                self.inner().name()
            }

            /// Sound or pictures.
            pub fn kind(&self) -> TrackKind {
                self.inner().kind()
            }

            /// What it shows or lets hear.
            pub fn source(&self) -> TrackSource {
                self.inner().source()
            }

            /// Whether the server sends it.
            pub fn stream_state(&self) -> StreamState {
                self.inner().stream_state()
            }

            /// Whether media flows.
            pub fn is_enabled(&self) -> bool {
                self.inner().is_enabled()
            }

            /// Lets media flow.
            pub fn enable(&self) {
                self.inner().set_enabled(true);
            }

            /// Stops media; a local track is muted for it.
            pub fn disable(&self) {
                self.inner().set_enabled(false);
            }

            /// Whether its publisher muted it.
            pub fn is_muted(&self) -> bool {
                self.inner().is_muted()
            }

            /// Whether somebody else publishes it.
            pub fn is_remote(&self) -> bool {
                match self { $(Self::$variant(track) => track.is_remote()),+ }
            }

            /// The engine's side of it.
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
    /// Statistics of its transport.
    pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
        self.inner().stats().await
    }
}

impl LocalTrack {
    /// Sends nothing, and tells the room so.
    pub fn mute(&self) {
        self.inner().set_muted(true);
    }

    /// Sends again.
    pub fn unmute(&self) {
        self.inner().set_muted(false);
    }

    /// Statistics of its transport.
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

    /// Statistics of its transport.
    pub async fn get_stats(&self) -> RoomResult<Vec<RtcStats>> {
        self.inner().stats().await
    }
}

/// Between a type of some tracks and the type of all.
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
