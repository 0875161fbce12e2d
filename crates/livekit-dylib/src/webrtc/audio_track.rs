//! WebRTC audio tracks.

use std::fmt;
use std::sync::Arc;

use crate::track::TrackInner;

/// An audio track of the WebRTC engine.
#[derive(Clone)]
pub struct RtcAudioTrack {
    pub(crate) inner: Arc<TrackInner>,
}

impl fmt::Debug for RtcAudioTrack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtcAudioTrack")
            .field("id", &self.inner.sid())
            .finish()
    }
}
