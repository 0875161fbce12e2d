//! The callers' audio as one stream: mono at 24 kHz, in frames of 10 ms, in real time.

use std::fmt;
use std::task::Poll;
use std::time::Instant;

use futures_util::{Stream, StreamExt};
use livekit::id::TrackSid;
use livekit::track::RemoteAudioTrack;
use livekit::webrtc::audio_stream::native::{NativeAudioStream, NativeAudioStreamOptions};
use parlor_common::clock;
use parlor_core::audio::{Frame, SAMPLE_RATE, SAMPLES_PER_10_MS};
use parlor_core::conversation::{Event, Hear};
use parlor_core::ids::Identity;
use parlor_report::Tap;
use tokio::sync::watch;

use super::mixer::Mixer;
use super::silence_insertion::{SilenceInserter, Ticks};
use super::subscriptions::Subscriptions;

/// Audio of the callers. It never pauses, and it is the only input that may drop data.
pub trait Microphone {
    /// Waits for the next 10 ms of audio, as [`Event::Mic`], or for a change of the speaker; waits
    /// forever while the agent is subscribed to nobody. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Event> + Send;
}

/// Capacity of the native queue, in frames of 10 ms: 0.5 s. A full queue drops its oldest frame.
const NATIVE_QUEUE: usize = 50;

/// Audio of the callers that the agent is subscribed to.
pub struct Mic {
    subscriptions: watch::Receiver<Subscriptions>,
    sources: Vec<Source>,
    mode: InputMode,
    tap: Option<Tap>,
}

struct Source {
    who: Identity,
    track: TrackSid,
    stream: NativeAudioStream,
}

/// How the audio of the callers becomes one stream.
enum InputMode {
    /// One microphone, passed on unchanged.
    PassThrough(SilenceInserter),
    /// All microphones, mixed.
    Mixed {
        ticks: Ticks,
        mixer: Box<Mixer>,
        speaker: Option<Identity>,
    },
}

impl Mic {
    pub(super) fn new(subscriptions: watch::Receiver<Subscriptions>) -> Self {
        let mut mic = Self {
            subscriptions,
            sources: Vec::new(),
            mode: InputMode::PassThrough(SilenceInserter::default()),
            tap: None,
        };
        mic.follow(clock::now());
        mic
    }

    /// Sends the audio to a recording as well.
    pub fn tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// Selects which of several callers are heard. To be called before the first frame.
    pub fn hear(&mut self, whom: Hear) {
        self.mode = match whom {
            Hear::Linked => InputMode::PassThrough(SilenceInserter::default()),
            Hear::Mix | Hear::Loudest => InputMode::Mixed {
                ticks: Ticks::default(),
                mixer: Box::new(Mixer::new(whom == Hear::Loudest)),
                speaker: None,
            },
        };
        self.follow(clock::now());
    }

    /// Opens the streams of new tracks and closes those of tracks that are gone.
    fn follow(&mut self, now: Instant) {
        let subscriptions = self.subscriptions.borrow_and_update();
        let is_there = |source: &Source| {
            let mut tracks = subscriptions.tracks.iter();
            tracks.any(|(who, track)| *who == source.who && track.sid() == source.track)
        };
        self.sources.retain(is_there);
        for (who, track) in &subscriptions.tracks {
            if !self.sources.iter().any(|it| it.track == track.sid()) {
                self.sources.push(Source {
                    who: who.clone(),
                    track: track.sid(),
                    stream: open(track),
                });
            }
        }
        let is_open = subscriptions.is_open;
        drop(subscriptions);
        match &mut self.mode {
            InputMode::PassThrough(pace) => pace.open(now, is_open),
            InputMode::Mixed { ticks, mixer, .. } => {
                let who: Vec<_> = self.sources.iter().map(|source| &source.who).collect();
                mixer.keep(&who);
                match (is_open, ticks.due()) {
                    (true, None) => ticks.next_at(now),
                    (false, Some(_)) => ticks.stop(),
                    _ => {}
                }
            }
        }
    }

    /// Handles the next frame of a source, or its end.
    fn heard(&mut self, nth: usize, frame: Option<Frame>) -> Option<Event> {
        let Some(frame) = frame else {
            self.sources.swap_remove(nth);
            return None;
        };
        let now = clock::now();
        match &mut self.mode {
            InputMode::PassThrough(pace) => {
                if !pace.heard(now) {
                    return None;
                }
                self.record(now, &frame);
                Some(Event::Mic(frame))
            }
            InputMode::Mixed { mixer, .. } => {
                mixer.push(&self.sources[nth].who, frame.samples());
                None
            }
        }
    }

    /// Produces the 10 ms that are due. A change of the speaker is reported before its audio.
    fn due(&mut self) -> Event {
        let now = clock::now();
        match &mut self.mode {
            InputMode::PassThrough(pace) => {
                pace.silent(now);
                Event::Mic(Frame::new(vec![0; SAMPLES_PER_10_MS]))
            }
            InputMode::Mixed { mixer, speaker, .. } if mixer.speaker() != speaker.as_ref() => {
                *speaker = mixer.speaker().cloned();
                Event::Speaks(speaker.clone())
            }
            InputMode::Mixed { ticks, mixer, .. } => {
                ticks.taken(now);
                let frame = mixer.mix();
                self.record(now, &frame);
                Event::Mic(frame)
            }
        }
    }

    fn record(&self, now: Instant, frame: &Frame) {
        if let Some(tap) = &self.tap {
            tap.caller(now, frame);
        }
    }
}

impl fmt::Debug for Mic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mic")
            .field("open", &self.sources.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Mic {
    fn drop(&mut self) {
        if let InputMode::Mixed { mixer, .. } = &self.mode {
            let late_ms = mixer.late() * 1_000 / u64::from(SAMPLE_RATE);
            tracing::debug!(late_ms, "the mixer has stopped");
        }
    }
}

impl Microphone for Mic {
    async fn next(&mut self) -> Event {
        loop {
            let due = match &self.mode {
                InputMode::PassThrough(pace) => pace.due(),
                InputMode::Mixed { ticks, .. } => ticks.due(),
            };
            let event = tokio::select! {
                biased;
                changed = self.subscriptions.changed() => match changed {
                    Ok(()) => {
                        self.follow(clock::now());
                        None
                    }
                    // The room has ended; that arrives as an event.
                    Err(_) => return std::future::pending().await,
                },
                (nth, frame) = next_of_any(&mut self.sources) => self.heard(nth, frame),
                () = clock::at(due) => Some(self.due()),
            };
            if let Some(event) = event {
                return event;
            }
        }
    }
}

/// Opens the stream of a subscribed track: mono at 24 kHz, resampled by the native core.
pub(super) fn open(track: &RemoteAudioTrack) -> NativeAudioStream {
    let options = NativeAudioStreamOptions {
        queue_size_frames: Some(NATIVE_QUEUE),
    };
    let rate = i32::try_from(SAMPLE_RATE).expect("24 kHz fits i32");
    NativeAudioStream::with_options(track.rtc_track(), rate, 1, options)
}

/// The next frame of `stream`; pends forever if there is no stream. Cancel-safe.
pub(super) async fn next_of(stream: &mut Option<NativeAudioStream>) -> Option<Frame> {
    match stream {
        Some(stream) => {
            let frame = stream.next().await?;
            Some(Frame::new(frame.data.into_owned()))
        }
        None => std::future::pending().await,
    }
}

/// The next frame of any source, with the index of that source; `None` if it has ended. Pends
/// forever if there is no source. Cancel-safe.
async fn next_of_any(sources: &mut [Source]) -> (usize, Option<Frame>) {
    std::future::poll_fn(|cx| {
        for (nth, source) in sources.iter_mut().enumerate() {
            if let Poll::Ready(frame) = std::pin::Pin::new(&mut source.stream).poll_next(cx) {
                let frame = frame.map(|frame| Frame::new(frame.data.into_owned()));
                return Poll::Ready((nth, frame));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Number of silent frames within a second when there is no track.
    async fn heard(whom: Hear, is_open: bool) -> usize {
        let tracks = Vec::new();
        let (_ears, listening) = watch::channel(Subscriptions { is_open, tracks });
        let mut mic = Mic::new(listening);
        mic.hear(whom);
        let end = clock::now() + Duration::from_millis(1_005);
        let mut frames = 0;
        loop {
            tokio::select! {
                biased;
                event = mic.next() => match event {
                    Event::Mic(frame) => {
                        assert_eq!(frame.samples(), [0; SAMPLES_PER_10_MS]);
                        frames += 1;
                    }
                    other => panic!("{other:?}"),
                },
                () = clock::at(Some(end)) => return frames,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_without_a_microphone_is_silent_in_real_time() {
        assert_eq!(heard(Hear::Linked, true).await, 81, "from 200 ms on");
        assert_eq!(heard(Hear::Mix, true).await, 101);
        assert_eq!(heard(Hear::Loudest, true).await, 101);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_caller_there_is_not_even_silence() {
        assert_eq!(heard(Hear::Linked, false).await, 0);
        assert_eq!(heard(Hear::Mix, false).await, 0);
    }
}
