//! An audio stream from which the application reads frames.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::Stream;

use crate::engine;
use crate::webrtc::RtcError;
use crate::webrtc::audio_frame::AudioFrame;
use crate::webrtc::audio_source::native::check_format;
use crate::webrtc::audio_track::RtcAudioTrack;

/// Default queue size in frames of 10 ms: 100 ms.
const DEFAULT_QUEUE_SIZE_FRAMES: usize = 10;

/// Options of an audio stream.
#[derive(Clone, Debug, Default)]
pub struct NativeAudioStreamOptions {
    /// Maximum number of unread 10 ms frames; the oldest are dropped beyond that. `None` means 10,
    /// `Some(0)` means unbounded.
    pub queue_size_frames: Option<usize>,
}

/// A stream of decoded 10 ms frames. Ends when the track ends.
pub struct NativeAudioStream {
    track: RtcAudioTrack,
    stream: Option<engine::AudioStream>,
}

impl NativeAudioStream {
    /// Creates a stream with a sample rate in hertz (8,000 to 192,000, a multiple of 100), 1 or 2
    /// channels, and a queue of 10 frames.
    pub fn new(audio_track: RtcAudioTrack, sample_rate: i32, num_channels: i32) -> Self {
        Self::with_options(
            audio_track,
            sample_rate,
            num_channels,
            NativeAudioStreamOptions::default(),
        )
    }

    /// Creates a stream with options. If the creation fails, the error is logged and the stream
    /// ends immediately.
    pub fn with_options(
        audio_track: RtcAudioTrack,
        sample_rate: i32,
        num_channels: i32,
        options: NativeAudioStreamOptions,
    ) -> Self {
        let capacity = match options.queue_size_frames {
            None => Some(DEFAULT_QUEUE_SIZE_FRAMES),
            Some(0) => None,
            Some(frames) => Some(frames),
        };
        let stream = open(&audio_track, sample_rate, num_channels, capacity).inspect_err(
            |error| tracing::error!(target: "livekit", %error, "failed to create an audio stream"),
        );
        Self {
            track: audio_track,
            stream: stream.ok(),
        }
    }

    /// Stops reading and ends the stream.
    pub fn close(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        match stream.dropped() {
            0 => {}
            frames => {
                tracing::warn!(target: "livekit", frames, "audio was not read fast enough; dropped the oldest frames")
            }
        }
    }
}

impl Stream for NativeAudioStream {
    type Item = AudioFrame<'static>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &self.stream else {
            return Poll::Ready(None);
        };
        let frame = ready!(stream.poll_frame(cx));
        if frame.is_none() {
            self.close();
        }
        Poll::Ready(frame)
    }
}

impl Drop for NativeAudioStream {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for NativeAudioStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeAudioStream")
            .field("track", &self.track)
            .finish()
    }
}

fn open(
    track: &RtcAudioTrack,
    sample_rate: i32,
    num_channels: i32,
    capacity: Option<usize>,
) -> Result<engine::AudioStream, RtcError> {
    let positive = |number: i32| u32::try_from(number).unwrap_or(0);
    let (sample_rate, num_channels) = (positive(sample_rate), positive(num_channels));
    check_format(sample_rate, num_channels)?;
    let track = track.inner.engine().map_err(RtcError::invalid)?;
    engine::AudioStream::new(track, sample_rate, num_channels, capacity)
        .map_err(|error| RtcError::internal(error.to_string()))
}
