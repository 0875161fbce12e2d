//! Hands the agent's voice to the room: our own queue, which may be long, in front of a native
//! buffer that is kept short, so that an interruption is heard at once.

use std::pin::pin;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use parlor_core::audio::Frame;
use parlor_core::conversation::{Event, PlayoutEvent, Utterance};
use tokio::sync::{Notify, mpsc};

use super::playout_queue::{Full, Queue, SLICE, Step};
use crate::clock;
use crate::report::Tap;

/// Where slices go: the native audio source, or a test's stand-in.
pub trait Sink: Send + 'static {
    /// Takes mono samples at 24 kHz; returns when it has room for more.
    ///
    /// # Errors
    /// Why the samples were not taken.
    fn capture(&mut self, samples: &[i16]) -> impl Future<Output = Result<(), String>> + Send;

    /// A handle that empties the buffer, also while a capture waits.
    fn clearer(&self) -> impl Fn() + Send + Sync + 'static;
}

/// The driver's end of the playout queue; nothing here waits.
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
    /// [`Full`] when the queue is at its bound.
    pub fn push(&self, utterance: Utterance, frame: Frame) -> Result<(), Full> {
        let pushed = self
            .shared
            .queue
            .lock()
            .push(clock::now(), utterance, frame);
        self.shared.changed.notify_one();
        pushed
    }

    /// Drops what waits, then what the native buffer holds.
    pub fn flush(&self) {
        self.shared.queue.lock().flush(clock::now());
        self.shared.changed.notify_one();
    }

    /// Holds or goes on with what waits.
    pub fn pause(&self, paused: bool) {
        self.shared.queue.lock().pause(paused);
        self.shared.changed.notify_one();
    }

    /// Hands what is played to a recording as well; only the first one counts.
    pub fn tap(&self, tap: Tap) {
        self.shared.tap.get_or_init(|| tap);
    }

    /// Gaps in the middle of an utterance so far: the agent's audio came too late.
    pub fn gaps(&self) -> u64 {
        self.shared.queue.lock().gaps()
    }

    /// Plays until nobody takes the reports any more.
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
                            tracing::warn!(%error, refused, "the room took no audio");
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

    /// Hands over one slice; a flush in the meantime empties the native buffer at once.
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
