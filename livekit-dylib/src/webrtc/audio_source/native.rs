//! An audio source the program pushes frames into.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::AudioSourceOptions;
use crate::engine;
use crate::webrtc::audio_frame::AudioFrame;
use crate::webrtc::{RtcError, RtcErrorType};

/// Sample rates the engine's resampler takes, in hertz; multiples of 100, so that 10 ms are whole samples.
pub(crate) const SAMPLE_RATES: RangeInclusive<u32> = 8_000..=192_000;
/// Channels the engine can mix.
pub(crate) const CHANNELS: RangeInclusive<u32> = 1..=2;
/// The longest queue, in milliseconds. The engine counts in 32-bit samples and stops the process on a wrong sum.
const LONGEST_QUEUE_MS: u32 = 10_000;

/// Audio the program makes: frames are queued, and sent in real time.
///
/// Clones share one source. The constructor cannot fail; what is wrong comes out of [`capture_frame`](Self::capture_frame).
#[derive(Clone)]
pub struct NativeAudioSource {
    inner: Arc<Inner>,
}

struct Inner {
    source: Result<engine::AudioSource, RtcErrorParts>,
    sample_rate: u32,
    num_channels: u32,
    queue_size_ms: u32,
    options: parking_lot::Mutex<(bool, bool, bool)>,
}

/// An [`RtcError`] that can be given out more than once.
struct RtcErrorParts {
    error_type: RtcErrorType,
    message: String,
}

impl NativeAudioSource {
    /// A source of a rate in hertz (8,000 to 192,000, in hundreds), 1 or 2 channels, and a queue in milliseconds.
    ///
    /// The queue is a multiple of 10, at most 10,000; with 0 frames must be exactly 10 ms long and are sent at once.
    pub fn new(
        options: AudioSourceOptions,
        sample_rate: u32,
        num_channels: u32,
        queue_size_ms: u32,
    ) -> Self {
        let source = check_format(sample_rate, num_channels)
            .and_then(|()| check_queue(queue_size_ms))
            .and_then(|()| {
                engine::AudioSource::new(&options, sample_rate, num_channels, queue_size_ms)
                    .map_err(|error| RtcError::internal(error.to_string()))
            });
        let source = source.map_err(
            |RtcError {
                 error_type,
                 message,
             }| {
                tracing::error!(target: "livekit", message, "audio source cannot be made");
                RtcErrorParts {
                    error_type,
                    message,
                }
            },
        );
        let options = parking_lot::Mutex::new(parts(&options));
        Self {
            inner: Arc::new(Inner {
                source,
                sample_rate,
                num_channels,
                queue_size_ms,
                options,
            }),
        }
    }

    /// Drops what is queued and not yet sent.
    pub fn clear_buffer(&self) {
        let Ok(source) = &self.inner.source else {
            return;
        };
        if let Err(error) = source.clear() {
            tracing::warn!(target: "livekit", %error, "audio source cannot be cleared");
        }
    }

    /// Queues a frame. Returns at once while the queue is not full, otherwise when it is again; callers take turns.
    pub async fn capture_frame(&self, frame: &AudioFrame<'_>) -> Result<(), RtcError> {
        let source = self.source()?;
        self.check_frame(frame)?;
        match source.capture(frame).await {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(RtcError::invalid(error)),
            Err(error) => Err(RtcError::internal(error.to_string())),
        }
    }

    /// Has no effect: the native core takes these options only when a source is made.
    pub fn set_audio_options(&self, options: AudioSourceOptions) {
        *self.inner.options.lock() = parts(&options);
    }

    /// The options set last.
    pub fn audio_options(&self) -> AudioSourceOptions {
        let (echo_cancellation, noise_suppression, auto_gain_control) = *self.inner.options.lock();
        AudioSourceOptions {
            echo_cancellation,
            noise_suppression,
            auto_gain_control,
        }
    }

    /// In hertz.
    pub fn sample_rate(&self) -> u32 {
        self.inner.sample_rate
    }

    /// 1 or 2.
    pub fn num_channels(&self) -> u32 {
        self.inner.num_channels
    }

    /// The engine's source, or why there is none.
    pub(crate) fn source(&self) -> Result<&engine::AudioSource, RtcError> {
        let failed = |parts: &RtcErrorParts| RtcError {
            error_type: parts.error_type,
            message: parts.message.clone(),
        };
        self.inner.source.as_ref().map_err(failed)
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
                "the frame's data is not num_channels times samples_per_channel long",
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

/// Whether the engine takes this rate and number of channels.
pub(crate) fn check_format(sample_rate: u32, num_channels: u32) -> Result<(), RtcError> {
    if !SAMPLE_RATES.contains(&sample_rate) || !sample_rate.is_multiple_of(100) {
        return Err(RtcError::invalid(format!(
            "{sample_rate} Hz is not a sample rate from 8,000 to 192,000 in hundreds"
        )));
    }
    if !CHANNELS.contains(&num_channels) {
        return Err(RtcError::invalid(format!(
            "{num_channels} channels are not 1 or 2"
        )));
    }
    Ok(())
}

fn check_queue(queue_size_ms: u32) -> Result<(), RtcError> {
    if !queue_size_ms.is_multiple_of(10) || queue_size_ms > LONGEST_QUEUE_MS {
        return Err(RtcError::invalid(format!(
            "a queue of {queue_size_ms} ms is not a multiple of 10 up to 10,000"
        )));
    }
    Ok(())
}

fn parts(options: &AudioSourceOptions) -> (bool, bool, bool) {
    (
        options.echo_cancellation,
        options.noise_suppression,
        options.auto_gain_control,
    )
}
