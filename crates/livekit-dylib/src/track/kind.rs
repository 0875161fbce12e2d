//! What kinds of tracks there are, and what can go wrong with them.

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
