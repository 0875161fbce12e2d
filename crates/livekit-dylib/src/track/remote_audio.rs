//! Remote audio tracks.

use std::sync::Arc;

use super::TrackSource;
use super::inner::{TrackInner, track};
use crate::engine;
use crate::id::TrackSid;
use crate::webrtc::audio_track::RtcAudioTrack;

/// An audio track of a remote participant.
#[derive(Clone)]
pub struct RemoteAudioTrack {
    inner: Arc<TrackInner>,
}

/// A track of a remote participant.
#[derive(Clone, Debug)]
pub enum RemoteTrack {
    /// An audio track.
    Audio(RemoteAudioTrack),
}

track!(RemoteAudioTrack);

impl RemoteTrack {
    /// Wraps an audio track of the engine.
    pub(crate) fn audio(track: engine::Track, source: TrackSource) -> Self {
        let inner = Arc::new(TrackInner::remote(track, source));
        Self::Audio(RemoteAudioTrack { inner })
    }

    pub(crate) fn inner(&self) -> &TrackInner {
        let Self::Audio(track) = self;
        &track.inner
    }
}
