//! Audio frames, sources and streams, with the names of `libwebrtc`.

pub mod audio_frame;
pub mod audio_source;
pub mod audio_stream;
pub mod audio_track;
mod error;

pub use error::{RtcError, RtcErrorType};

pub use crate::stats;
