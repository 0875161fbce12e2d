//! Audio and video tracks.

mod inner;
mod local_audio;
mod local_video;
mod remote_audio;
mod remote_video;
mod union;

use livekit_protocol as proto;

pub use local_audio::LocalAudioTrack;
pub use local_video::LocalVideoTrack;
pub use remote_audio::RemoteAudioTrack;
pub use remote_video::RemoteVideoTrack;
pub use union::{AudioTrack, LocalTrack, RemoteTrack, Track, VideoTrack};

pub(crate) use inner::TrackInner;

use crate::id::TrackSid;

/// Failure of a track operation.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrackError {
    /// No published track has this identifier.
    #[error("could not find published track with sid: {0:?}")]
    TrackNotFound(TrackSid),
}

/// Kind of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// An audio track.
    Audio,
    /// A video track.
    Video,
}

/// Whether the server is sending a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamState {
    /// The server is sending the track.
    Active,
    /// The server has paused the track because of insufficient bandwidth.
    Paused,
}

/// Source of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackSource {
    /// Not specified.
    Unknown,
    /// A camera.
    Camera,
    /// A microphone, or an agent's voice.
    Microphone,
    /// A shared screen.
    Screenshare,
    /// The audio of a shared screen.
    ScreenshareAudio,
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackDimension(pub u32, pub u32);

/// Layer of a simulcast track to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VideoQuality {
    /// Lowest resolution.
    Low,
    /// Medium resolution.
    Medium,
    /// Highest resolution.
    High,
}

impl From<VideoQuality> for proto::VideoQuality {
    fn from(quality: VideoQuality) -> Self {
        match quality {
            VideoQuality::Low => Self::Low,
            VideoQuality::Medium => Self::Medium,
            VideoQuality::High => Self::High,
        }
    }
}
