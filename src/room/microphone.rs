//! What is heard of the callers: mono at 24 kHz, in frames of 10 ms, in real time.

use std::fmt;
use std::task::Poll;
use std::time::Instant;

use futures_util::{Stream, StreamExt};
use livekit::id::TrackSid;
use livekit::track::RemoteAudioTrack;
use livekit::webrtc::audio_stream::native::{NativeAudioStream, NativeAudioStreamOptions};
use parlor_core::audio::{Frame, SAMPLE_RATE, SAMPLES_PER_10_MS};
use parlor_core::conversation::{Event, Hear};
use parlor_core::ids::Identity;
use tokio::sync::watch;

use crate::clock;
use crate::report::Tap;
use crate::session::Microphone;

use super::mixer::Mixer;
use super::silence_insertion::{SilenceInserter, Ticks};
use super::subscriptions::Subscriptions;

/// Frames of 10 ms that wait natively: 0.5 s. When it is full the oldest is dropped there.
const NATIVE_QUEUE: usize = 50;

/// Follows whoever is listened to.
pub struct Mic {
    subscriptions: watch::Receiver<Subscriptions>,
    sources: Vec<Source>,
    way: Way,
    tap: Option<Tap>,
}

struct Source {
    who: Identity,
    track: TrackSid,
    stream: NativeAudioStream,
}

/// How what is heard becomes one voice.
enum Way {
    /// One microphone, as it comes.
    Passed(SilenceInserter),
    /// All of them.
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
            way: Way::Passed(SilenceInserter::default()),
            tap: None,
        };
        mic.follow(clock::now());
        mic
    }

    /// Hands what is heard to a recording as well.
    pub fn tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// Whom to hear of several callers; to be told at first.
    pub fn hear(&mut self, whom: Hear) {
        self.way = match whom {
            Hear::Linked => Way::Passed(SilenceInserter::default()),
            Hear::Mix | Hear::Loudest => Way::Mixed {
                ticks: Ticks::default(),
                mixer: Box::new(Mixer::new(whom == Hear::Loudest)),
                speaker: None,
            },
        };
        self.follow(clock::now());
    }

    /// Opens the tracks that are new and closes those that are gone.
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
        match &mut self.way {
            Way::Passed(pace) => pace.open(now, is_open),
            Way::Mixed { ticks, mixer, .. } => {
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

    /// A source gave something, or has ended.
    fn heard(&mut self, nth: usize, frame: Option<Frame>) -> Option<Event> {
        let Some(frame) = frame else {
            self.sources.swap_remove(nth);
            return None;
        };
        let now = clock::now();
        match &mut self.way {
            Way::Passed(pace) => {
                if !pace.heard(now) {
                    return None;
                }
                self.record(now, &frame);
                Some(Event::Mic(frame))
            }
            Way::Mixed { mixer, .. } => {
                mixer.push(&self.sources[nth].who, frame.samples());
                None
            }
        }
    }

    /// 10 ms are due. Who speaks is told before what is said.
    fn due(&mut self) -> Event {
        let now = clock::now();
        match &mut self.way {
            Way::Passed(pace) => {
                pace.silent(now);
                Event::Mic(Frame::new(vec![0; SAMPLES_PER_10_MS]))
            }
            Way::Mixed { mixer, speaker, .. } if mixer.speaker() != speaker.as_ref() => {
                *speaker = mixer.speaker().cloned();
                Event::Speaks(speaker.clone())
            }
            Way::Mixed { ticks, mixer, .. } => {
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
        if let Way::Mixed { mixer, .. } = &self.way {
            let late_ms = mixer.late() * 1_000 / u64::from(SAMPLE_RATE);
            tracing::debug!(late_ms, "the callers were mixed");
        }
    }
}

impl Microphone for Mic {
    async fn next(&mut self) -> Event {
        loop {
            let due = match &self.way {
                Way::Passed(pace) => pace.due(),
                Way::Mixed { ticks, .. } => ticks.due(),
            };
            let event = tokio::select! {
                biased;
                changed = self.subscriptions.changed() => match changed {
                    Ok(()) => {
                        self.follow(clock::now());
                        None
                    }
                    // The room is over; its end comes as an event.
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

/// The next frame of any source, and of which; `None` when that one has ended. Waits for ever
/// without a source. Cancel-safe.
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

    /// What is heard of nobody's track within a second.
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
    async fn nobody_is_not_even_silent() {
        assert_eq!(heard(Hear::Linked, false).await, 0);
        assert_eq!(heard(Hear::Mix, false).await, 0);
    }
}
