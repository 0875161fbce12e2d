//! Audio frames, sources and streams, named as in `libwebrtc`.

pub mod audio_frame;
pub mod audio_source;
pub mod audio_stream;
pub mod audio_track;
pub mod data_channel;
pub mod media_stream_track;
pub mod native;
pub mod peer_connection_factory;
pub mod prelude;
pub mod rtp_parameters;
pub mod rtp_sender;
pub mod video_source;
pub mod video_track;

pub use crate::stats;

/// What kind of failure an [`RtcError`] is.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcErrorType {
    /// In the engine.
    Internal,
    /// A session description makes no sense.
    InvalidSdp,
    /// The object is not in a state for this, or an argument is not allowed.
    InvalidState,
}

/// A failure of the media engine.
#[derive(Debug, thiserror::Error)]
#[error("an RtcError occurred: {error_type:?} - {message}")]
pub struct RtcError {
    /// Its kind.
    pub error_type: RtcErrorType,
    /// In words.
    pub message: String,
}

impl RtcError {
    /// A wrong argument, or an object that cannot do this.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            error_type: RtcErrorType::InvalidState,
            message: message.into(),
        }
    }

    /// A failure of the engine.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            error_type: RtcErrorType::Internal,
            message: message.into(),
        }
    }
}
