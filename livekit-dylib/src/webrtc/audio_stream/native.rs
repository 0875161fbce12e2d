//! An audio stream the program reads frames from.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::Stream;

use crate::engine;
use crate::webrtc::RtcError;
use crate::webrtc::audio_frame::AudioFrame;
use crate::webrtc::audio_source::native::check_format;
use crate::webrtc::audio_track::RtcAudioTrack;

/// Frames kept when nothing else is asked for: 100 ms.
const DEFAULT_QUEUE_SIZE_FRAMES: usize = 10;

/// How a stream is read.
#[derive(Clone, Debug, Default)]
pub struct NativeAudioStreamOptions {
    /// Frames of 10 ms that wait for the reader; the oldest are dropped. `None` is 10, `Some(0)` is no bound.
    pub queue_size_frames: Option<usize>,
}

/// Frames of 10 ms as they are decoded. Ends when the track does.
pub struct NativeAudioStream {
    track: RtcAudioTrack,
    stream: Option<engine::AudioStream>,
}

impl NativeAudioStream {
    /// A stream of a rate in hertz (8,000 to 192,000, in hundreds) and 1 or 2 channels that keeps 10 frames.
    pub fn new(audio_track: RtcAudioTrack, sample_rate: i32, num_channels: i32) -> Self {
        Self::with_options(
            audio_track,
            sample_rate,
            num_channels,
            NativeAudioStreamOptions::default(),
        )
    }

    /// A stream with a queue of a chosen length. One that cannot be made has ended from the start, and says why in the log.
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
            |error| tracing::error!(target: "livekit", %error, "audio stream cannot be made"),
        );
        Self {
            track: audio_track,
            stream: stream.ok(),
        }
    }

    /// The track it reads.
    pub fn track(&self) -> RtcAudioTrack {
        self.track.clone()
    }

    /// Stops reading; the stream has ended.
    pub fn close(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        match stream.dropped() {
            0 => {}
            frames => {
                tracing::warn!(target: "livekit", frames, "audio was read too slowly, the oldest was dropped")
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
