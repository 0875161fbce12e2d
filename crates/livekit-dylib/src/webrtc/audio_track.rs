//! WebRTC audio tracks.

use std::sync::Arc;

use super::media_stream_track::{RtcTrackState, media_stream_track};
use crate::track::TrackInner;

/// An audio track of the WebRTC engine.
#[derive(Clone)]
pub struct RtcAudioTrack {
    pub(crate) inner: Arc<TrackInner>,
}

media_stream_track!(RtcAudioTrack);
