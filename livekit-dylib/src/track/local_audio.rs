//! Sound this process sends.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::engine;
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::audio_source::RtcAudioSource;
use crate::webrtc::audio_track::RtcAudioTrack;
use crate::webrtc::stats::RtcStats;

/// An audio track of our own.
#[derive(Clone)]
pub struct LocalAudioTrack {
    pub(crate) inner: Arc<TrackInner>,
    source: RtcAudioSource,
}

track!(LocalAudioTrack);

impl LocalAudioTrack {
    /// A track that sends what a source captures. One that cannot be made fails when it is published.
    pub fn create_audio_track(name: &str, source: RtcAudioSource) -> Self {
        let RtcAudioSource::Native(native) = &source;
        let track = native
            .source()
            .map_err(|error| error.message)
            .and_then(|source| {
                engine::Track::of_source(name, source).map_err(|error| error.to_string())
            });
        Self {
            inner: Arc::new(TrackInner::local_audio(name, track)),
            source,
        }
    }

    /// Sends silence, and tells the room so.
    pub fn mute(&self) {
        self.inner.set_muted(true);
    }

    /// Sends sound again.
    pub fn unmute(&self) {
        self.inner.set_muted(false);
    }

    /// The engine's side of it.
    pub fn rtc_track(&self) -> RtcAudioTrack {
        RtcAudioTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// Where its sound comes from.
    pub fn rtc_source(&self) -> RtcAudioSource {
        self.source.clone()
    }

    /// Whether somebody else publishes it: no.
    pub fn is_remote(&self) -> bool {
        false
    }
}
