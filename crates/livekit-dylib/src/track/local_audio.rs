//! Local audio tracks.

use std::sync::Arc;

use super::inner::{TrackInner, track};
use super::{StreamState, TrackKind, TrackSource};
use crate::engine;
use crate::id::TrackSid;
use crate::room::RoomResult;
use crate::webrtc::audio_source::RtcAudioSource;
use crate::webrtc::audio_track::RtcAudioTrack;
use crate::webrtc::stats::RtcStats;

/// An audio track of the local participant.
#[derive(Clone)]
pub struct LocalAudioTrack {
    pub(crate) inner: Arc<TrackInner>,
    source: RtcAudioSource,
}

track!(LocalAudioTrack);

impl LocalAudioTrack {
    /// Creates a track that sends the audio of a source. If the creation fails, publishing the
    /// track returns the error.
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

    /// Mutes the track and informs the room.
    pub fn mute(&self) {
        self.inner.set_muted(true);
    }

    /// Unmutes the track and informs the room.
    pub fn unmute(&self) {
        self.inner.set_muted(false);
    }

    /// The WebRTC track.
    pub fn rtc_track(&self) -> RtcAudioTrack {
        RtcAudioTrack {
            inner: Arc::clone(&self.inner),
        }
    }

    /// The audio source of the track.
    pub fn rtc_source(&self) -> RtcAudioSource {
        self.source.clone()
    }

    /// Whether the publisher is a remote participant: always `false`.
    pub fn is_remote(&self) -> bool {
        false
    }
}
