//! The linked caller's voice: mono at 24 kHz, in frames of 10 ms.

use std::fmt;

use futures_util::StreamExt;
use livekit::track::RemoteAudioTrack;
use livekit::webrtc::audio_stream::native::{NativeAudioStream, NativeAudioStreamOptions};
use parlor_core::audio::{Frame, SAMPLE_RATE};
use tokio::sync::watch;

use crate::clock;
use crate::report::Tap;
use crate::session::Microphone;

/// Frames of 10 ms that wait natively: 0.5 s. When it is full the oldest is dropped there.
const NATIVE_QUEUE: usize = 50;

/// Follows whichever track is listened to.
pub struct Mic {
    tracks: watch::Receiver<Option<RemoteAudioTrack>>,
    stream: Option<NativeAudioStream>,
    tap: Option<Tap>,
}

impl Mic {
    pub(super) fn new(tracks: watch::Receiver<Option<RemoteAudioTrack>>) -> Self {
        Self {
            tracks,
            stream: None,
            tap: None,
        }
    }

    /// Hands what is heard to a recording as well.
    pub fn tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    fn follow(&mut self) {
        let track = self.tracks.borrow_and_update().clone();
        self.stream = track.map(|track| open(&track));
    }
}

impl fmt::Debug for Mic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mic")
            .field("open", &self.stream.is_some())
            .finish_non_exhaustive()
    }
}

impl Microphone for Mic {
    async fn next(&mut self) -> Frame {
        loop {
            tokio::select! {
                biased;
                changed = self.tracks.changed() => match changed {
                    Ok(()) => self.follow(),
                    // The room is over; its end comes as an event.
                    Err(_) => return std::future::pending().await,
                },
                frame = next_of(&mut self.stream) => match frame {
                    Some(frame) => {
                        if let Some(tap) = &self.tap {
                            tap.caller(clock::now(), &frame);
                        }
                        return frame;
                    }
                    None => self.stream = None,
                },
            }
        }
    }
}

/// Opens the stream of a subscribed track, resampled natively.
pub(super) fn open(track: &RemoteAudioTrack) -> NativeAudioStream {
    let options = NativeAudioStreamOptions {
        queue_size_frames: Some(NATIVE_QUEUE),
    };
    let rate = i32::try_from(SAMPLE_RATE).expect("24 kHz fits");
    NativeAudioStream::with_options(track.rtc_track(), rate, 1, options)
}

/// The next frame of `stream`; waits for ever without one. Cancel-safe.
pub(super) async fn next_of(stream: &mut Option<NativeAudioStream>) -> Option<Frame> {
    match stream {
        Some(stream) => {
            let frame = stream.next().await?;
            Some(Frame::new(frame.data.into_owned()))
        }
        None => std::future::pending().await,
    }
}
