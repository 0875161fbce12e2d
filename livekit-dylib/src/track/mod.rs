//! Tracks: what media flows through.

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

/// Something about a track failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrackError {
    /// Nobody publishes it.
    #[error("could not find published track with sid: {0:?}")]
    TrackNotFound(TrackSid),
}

/// Sound or pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// Whether the server sends a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamState {
    /// It does.
    Active,
    /// It does not, for lack of bandwidth.
    Paused,
}

/// What a track shows or lets hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackSource {
    /// Not said.
    Unknown,
    /// A camera.
    Camera,
    /// A microphone, or an agent's voice.
    Microphone,
    /// A screen.
    Screenshare,
    /// The sound of a screen.
    ScreenshareAudio,
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackDimension(pub u32, pub u32);

/// Which layer of a simulcasted track to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VideoQuality {
    /// The smallest.
    Low,
    /// The middle one.
    Medium,
    /// The largest.
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
