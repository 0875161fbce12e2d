//! WebRTC video tracks.

use std::sync::Arc;

use super::media_stream_track::{RtcTrackState, media_stream_track};
use crate::track::TrackInner;

/// A video track of the WebRTC engine. This crate does not provide access to its frames.
#[derive(Clone)]
pub struct RtcVideoTrack {
    pub(crate) inner: Arc<TrackInner>,
}

media_stream_track!(RtcVideoTrack);
