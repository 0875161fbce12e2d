//! Code shared by audio and video tracks.

use super::audio_track::RtcAudioTrack;
use super::video_track::RtcVideoTrack;

/// Whether a track has ended.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcTrackState {
    /// The track can carry media.
    Live,
    /// The track has ended.
    Ended,
}

/// A WebRTC track of either kind.
#[derive(Debug, Clone)]
pub enum MediaStreamTrack {
    /// A video track.
    Video(RtcVideoTrack),
    /// An audio track.
    Audio(RtcAudioTrack),
}

impl MediaStreamTrack {
    /// Identifier of the track.
    pub fn id(&self) -> String {
        match self {
            Self::Video(track) => track.id(),
            Self::Audio(track) => track.id(),
        }
    }

    /// Whether the track is enabled.
    pub fn enabled(&self) -> bool {
        match self {
            Self::Video(track) => track.enabled(),
            Self::Audio(track) => track.enabled(),
        }
    }

    /// Enables or disables the track; `false` if nothing changed.
    pub fn set_enabled(&self, enabled: bool) -> bool {
        match self {
            Self::Video(track) => track.set_enabled(enabled),
            Self::Audio(track) => track.set_enabled(enabled),
        }
    }

    /// Whether the track has ended.
    pub fn state(&self) -> RtcTrackState {
        match self {
            Self::Video(track) => track.state(),
            Self::Audio(track) => track.state(),
        }
    }
}

impl From<RtcAudioTrack> for MediaStreamTrack {
    fn from(track: RtcAudioTrack) -> Self {
        Self::Audio(track)
    }
}

impl From<RtcVideoTrack> for MediaStreamTrack {
    fn from(track: RtcVideoTrack) -> Self {
        Self::Video(track)
    }
}

/// Defines the methods of a WebRTC track.
macro_rules! media_stream_track {
    ($name:ident) => {
        impl $name {
            /// Identifier of the track.
            pub fn id(&self) -> String {
                self.inner.sid().to_string()
            }

            /// Whether the track is enabled.
            pub fn enabled(&self) -> bool {
                self.inner.is_enabled()
            }

            /// Enables or disables the track; `false` if nothing changed.
            pub fn set_enabled(&self, enabled: bool) -> bool {
                self.inner.set_enabled(enabled)
            }

            /// Whether the track has ended.
            pub fn state(&self) -> RtcTrackState {
                if self.inner.is_live() {
                    RtcTrackState::Live
                } else {
                    RtcTrackState::Ended
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("id", &self.id())
                    .field("enabled", &self.enabled())
                    .field("state", &self.state())
                    .finish()
            }
        }
    };
}
pub(super) use media_stream_track;
