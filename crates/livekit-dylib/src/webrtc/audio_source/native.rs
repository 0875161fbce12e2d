//! An audio source into which the application pushes frames.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::AudioSourceOptions;
use crate::engine;
use crate::webrtc::RtcError;
use crate::webrtc::audio_frame::AudioFrame;

/// Sample rates that the engine's resampler accepts, in hertz. They must also be multiples of 100,
/// so that 10 ms is a whole number of samples.
pub(crate) const SAMPLE_RATES: RangeInclusive<u32> = 8_000..=192_000;
/// Numbers of channels that the engine can mix.
pub(crate) const CHANNELS: RangeInclusive<u32> = 1..=2;
/// Maximum queue size in milliseconds. The engine counts samples in 32 bits and aborts the process
/// on overflow.
const LONGEST_QUEUE_MS: u32 = 10_000;

/// A source of application-generated audio. Frames are queued and sent in real time.
///
/// Clones share one source. The constructor cannot fail; errors in its arguments are returned by
/// [`capture_frame`](Self::capture_frame).
#[derive(Clone)]
pub struct NativeAudioSource {
    inner: Arc<Inner>,
}

struct Inner {
    source: Result<engine::AudioSource, RtcError>,
    sample_rate: u32,
    num_channels: u32,
    queue_size_ms: u32,
}

impl NativeAudioSource {
    /// Creates a source with a sample rate in hertz (8,000 to 192,000, a multiple of 100), 1 or 2
    /// channels, and a queue size in milliseconds.
    ///
    /// The queue size must be a multiple of 10 and at most 10,000. With a queue size of 0, frames
    /// must be exactly 10 ms long and are sent immediately.
    pub fn new(
        _options: AudioSourceOptions,
        sample_rate: u32,
        num_channels: u32,
        queue_size_ms: u32,
    ) -> Self {
        let source = check_format(sample_rate, num_channels)
            .and_then(|()| check_queue(queue_size_ms))
            .and_then(|()| {
                engine::AudioSource::new(sample_rate, num_channels, queue_size_ms)
                    .map_err(|error| RtcError::internal(error.to_string()))
            })
            .inspect_err(
                |error| tracing::error!(target: "livekit", %error, "failed to create an audio source"),
            );
        Self {
            inner: Arc::new(Inner {
                source,
                sample_rate,
                num_channels,
                queue_size_ms,
            }),
        }
    }

    /// Discards audio that is queued but not yet sent.
    pub fn clear_buffer(&self) {
        let Ok(source) = &self.inner.source else {
            return;
        };
        if let Err(error) = source.clear() {
            tracing::warn!(target: "livekit", %error, "failed to clear an audio source");
        }
    }

    /// Queues a frame. Returns immediately while the queue is not full; otherwise waits until the
    /// frame fits. Concurrent callers take turns.
    pub async fn capture_frame(&self, frame: &AudioFrame<'_>) -> Result<(), RtcError> {
        let source = self.source()?;
        self.check_frame(frame)?;
        match source.capture(frame).await {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(RtcError::invalid(error)),
            Err(error) => Err(RtcError::internal(error.to_string())),
        }
    }

    /// The engine's source, or the error of its creation.
    pub(crate) fn source(&self) -> Result<&engine::AudioSource, RtcError> {
        self.inner.source.as_ref().map_err(RtcError::clone)
    }

    fn check_frame(&self, frame: &AudioFrame<'_>) -> Result<(), RtcError> {
        let Inner {
            sample_rate,
            num_channels,
            queue_size_ms,
            ..
        } = *self.inner;
        if sample_rate != frame.sample_rate || num_channels != frame.num_channels {
            return Err(RtcError::invalid(
                "sample_rate and num_channels don't match",
            ));
        }
        if frame.data.len() as u64
            != u64::from(frame.num_channels) * u64::from(frame.samples_per_channel)
        {
            return Err(RtcError::invalid(
                "the length of the frame's data is not num_channels * samples_per_channel",
            ));
        }
        if frame.samples_per_channel == 0 {
            return Err(RtcError::invalid("the frame is empty"));
        }
        if queue_size_ms == 0 && frame.samples_per_channel != sample_rate / 100 {
            return Err(RtcError::invalid("direct capture requires 10ms frames"));
        }
        Ok(())
    }
}

impl fmt::Debug for NativeAudioSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeAudioSource").finish()
    }
}

/// Checks that the engine supports this sample rate and number of channels.
pub(crate) fn check_format(sample_rate: u32, num_channels: u32) -> Result<(), RtcError> {
    if !SAMPLE_RATES.contains(&sample_rate) || !sample_rate.is_multiple_of(100) {
        return Err(RtcError::invalid(format!(
            "a sample rate of {sample_rate} Hz is not a multiple of 100 from 8,000 to 192,000"
        )));
    }
    if !CHANNELS.contains(&num_channels) {
        return Err(RtcError::invalid(format!(
            "{num_channels} channels are not supported, only 1 or 2"
        )));
    }
    Ok(())
}

fn check_queue(queue_size_ms: u32) -> Result<(), RtcError> {
    if !queue_size_ms.is_multiple_of(10) || queue_size_ms > LONGEST_QUEUE_MS {
        return Err(RtcError::invalid(format!(
            "a queue size of {queue_size_ms} ms is not a multiple of 10 up to 10,000"
        )));
    }
    Ok(())
}
