//! The native end of playout: a LiveKit audio source with a short buffer.

use std::borrow::Cow;

use livekit::webrtc::audio_frame::AudioFrame;
use livekit::webrtc::audio_source::native::NativeAudioSource;
use livekit::webrtc::audio_source::{AudioSourceOptions, RtcAudioSource};
use parlor_core::audio::SAMPLE_RATE;

use super::playout::Sink;

/// Length of the native source's buffer, in milliseconds; a capture waits while it is full. Short
/// enough to be hardly heard after an interruption, long enough to cover a late task.
const BUFFER_MS: u32 = 60;

/// The native audio source of a published track.
#[derive(Debug)]
pub(super) struct AudioOutput {
    source: NativeAudioSource,
}

impl AudioOutput {
    /// Creates a source of mono audio at 24 kHz.
    pub(super) fn new() -> Self {
        let options = AudioSourceOptions::default();
        Self {
            source: NativeAudioSource::new(options, SAMPLE_RATE, 1, BUFFER_MS),
        }
    }

    pub(super) fn source(&self) -> RtcAudioSource {
        RtcAudioSource::Native(self.source.clone())
    }
}

impl Sink for AudioOutput {
    async fn capture(&mut self, samples: &[i16]) -> Result<(), String> {
        let frame = AudioFrame {
            data: Cow::Borrowed(samples),
            sample_rate: SAMPLE_RATE,
            num_channels: 1,
            samples_per_channel: u32::try_from(samples.len()).expect("a slice of 20 ms fits u32"),
        };
        let captured = self.source.capture_frame(&frame).await;
        captured.map_err(|error| error.to_string())
    }

    fn clearer(&self) -> impl Fn() + Send + Sync + 'static {
        let source = self.source.clone();
        move || source.clear_buffer()
    }
}
