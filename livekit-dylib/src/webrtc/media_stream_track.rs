//! What audio and video tracks have in common.

use super::audio_track::RtcAudioTrack;
use super::video_track::RtcVideoTrack;

/// Whether media can still flow.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcTrackState {
    /// It can.
    Live,
    /// It is over.
    Ended,
}

/// A track of either kind.
#[derive(Debug, Clone)]
pub enum MediaStreamTrack {
    /// Pictures.
    Video(RtcVideoTrack),
    /// Sound.
    Audio(RtcAudioTrack),
}

impl MediaStreamTrack {
    /// The track's name inside the engine.
    pub fn id(&self) -> String {
        match self {
            Self::Video(track) => track.id(),
            Self::Audio(track) => track.id(),
        }
    }

    /// Whether media flows.
    pub fn enabled(&self) -> bool {
        match self {
            Self::Video(track) => track.enabled(),
            Self::Audio(track) => track.enabled(),
        }
    }

    /// Lets media flow or not; `false` when nothing changed.
    pub fn set_enabled(&self, enabled: bool) -> bool {
        match self {
            Self::Video(track) => track.set_enabled(enabled),
            Self::Audio(track) => track.set_enabled(enabled),
        }
    }

    /// Whether media can still flow.
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

/// The methods of a track handle.
macro_rules! media_stream_track {
    ($name:ident) => {
        impl $name {
            /// The track's name inside the engine.
            pub fn id(&self) -> String {
                self.inner.sid().to_string()
            }

            /// Whether media flows.
            pub fn enabled(&self) -> bool {
                self.inner.is_enabled()
            }

            /// Lets media flow or not; `false` when nothing changed.
            pub fn set_enabled(&self, enabled: bool) -> bool {
                self.inner.set_enabled(enabled)
            }

            /// Whether media can still flow.
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
