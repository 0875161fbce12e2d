//! The engine's side of a video track.

use std::sync::Arc;

use super::media_stream_track::{RtcTrackState, media_stream_track};
use crate::track::TrackInner;

/// A video track inside the engine. Its pictures cannot be reached through this crate.
#[derive(Clone)]
pub struct RtcVideoTrack {
    pub(crate) inner: Arc<TrackInner>,
}

media_stream_track!(RtcVideoTrack);
