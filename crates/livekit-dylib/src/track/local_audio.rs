//! Local audio tracks.

use std::sync::Arc;

use super::TrackSource;
use super::inner::{TrackInner, track};
use crate::engine;
use crate::id::TrackSid;
use crate::webrtc::audio_source::RtcAudioSource;
use crate::webrtc::audio_track::RtcAudioTrack;

/// An audio track of the local participant.
#[derive(Clone)]
pub struct LocalAudioTrack {
    inner: Arc<TrackInner>,
}

/// A track of the local participant.
#[derive(Clone, Debug)]
pub enum LocalTrack {
    /// An audio track.
    Audio(LocalAudioTrack),
}

track!(LocalAudioTrack);

impl LocalAudioTrack {
    /// Creates a track that sends the audio of a source. If the creation fails, publishing the
    /// track returns the error.
    pub fn create_audio_track(name: &str, source: RtcAudioSource) -> Self {
        let RtcAudioSource::Native(native) = source;
        let track = native
            .source()
            .map_err(|error| error.message)
            .and_then(|source| {
                engine::Track::of_source(name, source).map_err(|error| error.to_string())
            });
        Self {
            inner: Arc::new(TrackInner::local_audio(name, track)),
        }
    }
}

impl LocalTrack {
    /// Source of the track, such as a microphone.
    pub fn source(&self) -> TrackSource {
        self.inner().source()
    }

    pub(crate) fn inner(&self) -> &TrackInner {
        let Self::Audio(track) = self;
        &track.inner
    }
}
