//! How a track is published.

use crate::track::TrackSource;

/// Options for publishing an audio track.
#[derive(Clone, Debug)]
pub struct TrackPublishOptions {
    /// Enables discontinuous transmission (DTX): almost no data is sent during silence.
    pub dtx: bool,
    /// Source of the track, such as a microphone.
    pub source: TrackSource,
    /// Announces that audio recorded before the connection follows as a byte stream.
    pub preconnect_buffer: bool,
}

impl Default for TrackPublishOptions {
    fn default() -> Self {
        Self {
            dtx: true,
            source: TrackSource::Unknown,
            preconnect_buffer: false,
        }
    }
}
