//! Queues events of a native object between the core's threads and the task that reads them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::{release, router};
use crate::proto::{ByteStreamReaderEvent, Ev};

/// Queue length at which a warning is logged. Room events cannot be dropped without losing track of
/// the room's state, and the callback that delivers them must not block, so an unbounded queue
/// warns instead of rejecting events.
const MANY_WAITING: usize = 1024;

/// Subscribes to the events of an object.
pub(crate) fn subscribe(handle: u64) -> EventQueue {
    EventQueue::new(handle, None)
}

/// Subscribes to the events of an object whose consumer may lag: the queue keeps at most `capacity`
/// events and drops the oldest.
pub(crate) fn subscribe_lossy(handle: u64, capacity: usize) -> EventQueue {
    EventQueue::new(handle, Some(capacity))
}

/// Sends an event that the core does not send to a reader's queue.
pub(crate) fn send_reader_event(event: ByteStreamReaderEvent) {
    router::to_queue(event.reader_handle, Ev::ByteStreamReaderEvent(event));
}

/// Event queue of one object. Dropping it unsubscribes and frees the handles owned by the events
/// left in it.
#[derive(Debug)]
pub(crate) struct EventQueue {
    handle: u64,
    inner: Arc<Inner>,
}

impl EventQueue {
    fn new(handle: u64, capacity: Option<usize>) -> Self {
        let inner = Arc::new(Inner {
            capacity,
            state: Mutex::default(),
        });
        let receiver: Arc<dyn router::Receiver> = inner.clone();
        router::route(handle, receiver);
        Self { handle, inner }
    }

    /// Polls for the next event. Never returns `None`: each object sends its own final event.
    pub(crate) fn poll_recv(&self, cx: &Context<'_>) -> Poll<Option<Ev>> {
        let mut state = self.inner.state.lock();
        match state.waiting.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits for the next event.
    pub(crate) async fn recv(&self) -> Option<Ev> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Number of events dropped because they were not read in time.
    pub(crate) fn dropped(&self) -> u64 {
        self.inner.state.lock().dropped
    }
}

impl Drop for EventQueue {
    fn drop(&mut self) {
        router::unroute(self.handle);
        let waiting = {
            let mut state = self.inner.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(release::release);
    }
}

/// State shared with the core's threads.
#[derive(Debug)]
struct Inner {
    capacity: Option<usize>,
    state: Mutex<State>,
}

impl router::Receiver for Inner {
    fn receive(&self, event: Ev) {
        let (waker, surplus) = self.state.lock().push(event, self.capacity);
        if let Some(event) = surplus {
            release::release(event);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Ev>,
    waker: Option<Waker>,
    dropped: u64,
    closed: bool,
}

impl State {
    /// Queues an event. Returns the waker to call and the event to release: the oldest one of a
    /// full queue, or this one if the queue is closed.
    fn push(&mut self, event: Ev, capacity: Option<usize>) -> (Option<Waker>, Option<Ev>) {
        if self.closed {
            return (None, Some(event));
        }
        let full = capacity.is_some_and(|capacity| self.waiting.len() >= capacity);
        let surplus = if full { self.waiting.pop_front() } else { None };
        if surplus.is_some() {
            self.dropped += 1;
        }
        self.waiting.push_back(event);
        if capacity.is_none() && self.waiting.len() == MANY_WAITING {
            tracing::warn!(target: "livekit", waiting = MANY_WAITING, "native events are not being read fast enough");
        }
        (self.waker.take(), surplus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto;

    fn event(number: u64) -> Ev {
        Ev::Disconnect(proto::DisconnectCallback { async_id: number })
    }

    fn number(event: &Ev) -> u64 {
        match event {
            Ev::Disconnect(callback) => callback.async_id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_full_queue_drops_the_oldest() {
        let mut state = State::default();
        let surplus: Vec<u64> = (1..=5)
            .filter_map(|n| state.push(event(n), Some(3)).1)
            .map(|event| number(&event))
            .collect();
        assert_eq!(surplus, [1, 2]);
        assert_eq!(state.dropped, 2);
        assert_eq!(
            state.waiting.iter().map(number).collect::<Vec<_>>(),
            [3, 4, 5]
        );
    }

    #[test]
    fn an_unbounded_queue_drops_nothing() {
        let mut state = State::default();
        assert!((0..2000).all(|n| state.push(event(n), None).1.is_none()));
        assert_eq!(state.waiting.len(), 2000);
    }

    #[test]
    fn a_closed_queue_rejects_events() {
        let mut state = State {
            closed: true,
            ..State::default()
        };
        assert_eq!(state.push(event(7), None).1.as_ref().map(number), Some(7));
    }
}
