//! Plays the agent's audio into the room: Parlor's own queue, which may be long, in front of a
//! native buffer that is kept short, so that an interruption takes effect immediately.

use std::pin::pin;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use parlor_common::clock;
use parlor_core::audio::Frame;
use parlor_core::conversation::{Event, PlayoutEvent, Utterance};
use parlor_report::Tap;
use tokio::sync::{Notify, mpsc};

use super::playout_queue::{Full, Queue, SLICE, Step};

/// Destination of slices: the native audio source, or a fake in tests.
pub trait Sink: Send + 'static {
    /// Takes mono samples at 24 kHz; returns once there is room for more.
    ///
    /// # Errors
    /// Why the samples were rejected.
    fn capture(&mut self, samples: &[i16]) -> impl Future<Output = Result<(), String>> + Send;

    /// A function that empties the buffer, even while a capture waits.
    fn clearer(&self) -> impl Fn() + Send + Sync + 'static;
}

/// Handle to the playout queue. All methods but [`run`](Self::run) return immediately.
#[derive(Debug, Clone, Default)]
pub struct Playout {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Notify,
    tap: OnceLock<Tap>,
}

impl Playout {
    /// Queues a frame.
    ///
    /// # Errors
    /// [`Full`] when the queue has reached its limit; the frame is dropped.
    pub fn push(&self, utterance: Utterance, frame: Frame) -> Result<(), Full> {
        let pushed = self
            .shared
            .queue
            .lock()
            .push(clock::now(), utterance, frame);
        self.shared.changed.notify_one();
        pushed
    }

    /// Drops all queued audio, and then the audio in the native buffer.
    pub fn flush(&self) {
        self.shared.queue.lock().flush(clock::now());
        self.shared.changed.notify_one();
    }

    /// Pauses or resumes playout of the queued audio.
    pub fn pause(&self, paused: bool) {
        self.shared.queue.lock().pause(paused);
        self.shared.changed.notify_one();
    }

    /// Sends the played audio to a recording as well; only the first tap counts.
    pub fn tap(&self, tap: Tap) {
        self.shared.tap.get_or_init(|| tap);
    }

    /// Number of gaps within utterances so far: the agent's audio arrived too late.
    pub fn gaps(&self) -> u64 {
        self.shared.queue.lock().gaps()
    }

    /// Plays the queue until the receiver of `reports` is dropped.
    pub async fn run(self, mut sink: impl Sink, reports: mpsc::Sender<Event>) {
        let clear = sink.clearer();
        let mut slice = Vec::with_capacity(SLICE);
        let mut refused = 0u64;
        loop {
            let step = self.shared.queue.lock().step(clock::now(), &mut slice);
            let report = match step {
                Step::Play => {
                    if let Some(tap) = self.shared.tap.get() {
                        tap.agent(clock::now(), &slice);
                    }
                    if let Err(error) = self.play(&mut sink, &clear, &slice).await {
                        refused += 1;
                        if refused.is_power_of_two() {
                            tracing::warn!(%error, refused, "the audio source rejected a slice");
                        }
                    }
                    continue;
                }
                Step::Wait(until) => {
                    tokio::select! {
                        () = self.shared.changed.notified() => {}
                        () = clock::at(until) => {}
                        () = reports.closed() => return,
                    }
                    continue;
                }
                Step::Clear(report) => {
                    clear();
                    let at = clock::now();
                    if let Some(tap) = self.shared.tap.get() {
                        tap.cut(at);
                    }
                    if let Some(report) = report
                        && reports.send(Event::Playout(report)).await.is_err()
                    {
                        return;
                    }
                    PlayoutEvent::Silent { at }
                }
                Step::Report(report) => report,
            };
            if reports.send(Event::Playout(report)).await.is_err() {
                return;
            }
        }
    }

    /// Sends one slice to the sink; a flush in the meantime empties the native buffer immediately.
    async fn play(
        &self,
        sink: &mut impl Sink,
        clear: &impl Fn(),
        slice: &[i16],
    ) -> Result<(), String> {
        let mut capture = pin!(sink.capture(slice));
        loop {
            tokio::select! {
                captured = &mut capture => return captured,
                () = self.shared.changed.notified() => {
                    if self.shared.queue.lock().is_flushing() {
                        clear();
                    }
                }
            }
        }
    }
}
