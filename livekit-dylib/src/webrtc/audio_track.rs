//! The engine's side of an audio track.

use std::sync::Arc;

use super::media_stream_track::{RtcTrackState, media_stream_track};
use crate::track::TrackInner;

/// An audio track inside the engine.
#[derive(Clone)]
pub struct RtcAudioTrack {
    pub(crate) inner: Arc<TrackInner>,
}

media_stream_track!(RtcAudioTrack);
