//! Audio tracks. Video tracks are listed among the publications, but cannot be used.

mod inner;
mod kind;
mod local_audio;
mod remote_audio;

pub use kind::{TrackError, TrackKind, TrackSource};
pub use local_audio::{LocalAudioTrack, LocalTrack};
pub use remote_audio::{RemoteAudioTrack, RemoteTrack};

pub(crate) use inner::TrackInner;
