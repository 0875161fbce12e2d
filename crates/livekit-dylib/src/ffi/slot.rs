//! A reusable waiter, for the one request that is sent a hundred times a second.

use std::sync::Arc;
use std::task::{Poll, Waker};

use parking_lot::Mutex;

use super::core::next_async_id;
use super::error::FfiError;
use super::request::request;
use super::router;
use crate::proto::{Ev, Req};

/// At most one request in flight, always with the same id.
///
/// Dropping the future leaves its request in flight; the next call waits for it to complete before
/// it sends its own.
#[derive(Debug)]
pub(crate) struct Slot {
    id: u64,
    inner: Arc<Inner>,
    turn: tokio::sync::Mutex<()>,
}

impl Slot {
    /// Creates a slot with a new id.
    pub(crate) fn new() -> Self {
        let slot = Self {
            id: next_async_id(),
            inner: Arc::default(),
            turn: tokio::sync::Mutex::default(),
        };
        let receiver: Arc<dyn router::Receiver> = slot.inner.clone();
        router::wait_always(slot.id, receiver);
        slot
    }

    /// Sends a request with the slot's id and waits for its event. Concurrent callers take turns.
    pub(crate) async fn request(&self, build: impl FnOnce(u64) -> Req) -> Result<Ev, FfiError> {
        let _turn = self.turn.lock().await;
        self.inner.idle().await;
        self.inner.state.lock().busy = true;
        if let Err(error) = request(build(self.id)) {
            self.inner.state.lock().busy = false;
            return Err(error);
        }
        self.inner.idle().await.ok_or(FfiError::Unexpected)
    }

    /// Whether no request is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        !self.inner.state.lock().busy
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        router::forget(self.id);
    }
}

/// State shared with the core's threads.
#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    busy: bool,
    answer: Option<Ev>,
    waker: Option<Waker>,
}

impl router::Receiver for Inner {
    /// Completes the request in flight with its event.
    fn receive(&self, event: Ev) {
        let waker = {
            let mut state = self.state.lock();
            state.busy = false;
            state.answer = Some(event);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Inner {
    /// Waits until no request is in flight and takes the last event.
    async fn idle(&self) -> Option<Ev> {
        std::future::poll_fn(|cx| {
            let mut state = self.state.lock();
            if state.busy {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(state.answer.take())
            }
        })
        .await
    }
}
