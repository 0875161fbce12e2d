//! A waiter that is used again and again, for the one request that is made a hundred times a second.

use std::sync::Arc;
use std::task::{Poll, Waker};

use parking_lot::Mutex;

use super::{Ev, FfiError, Req, next_async_id, router};

/// One request in flight at most, always under the same id.
///
/// A dropped future leaves its request in flight; the next call waits for the end of it before it starts its own.
#[derive(Debug)]
pub(crate) struct Slot {
    id: u64,
    inner: Arc<Inner>,
    turn: tokio::sync::Mutex<()>,
}

impl Slot {
    /// A slot with an id of its own.
    pub(crate) fn new() -> Self {
        let slot = Self {
            id: next_async_id(),
            inner: Arc::default(),
            turn: tokio::sync::Mutex::default(),
        };
        router::wait_always(slot.id, Arc::clone(&slot.inner));
        slot
    }

    /// Sends a request built around the slot's id and waits for its event. Callers take turns.
    pub(crate) async fn request(&self, build: impl FnOnce(u64) -> Req) -> Result<Ev, FfiError> {
        let _turn = self.turn.lock().await;
        self.inner.idle().await;
        self.inner.state.lock().busy = true;
        if let Err(error) = super::request(build(self.id)) {
            self.inner.state.lock().busy = false;
            return Err(error);
        }
        self.inner.idle().await.ok_or(FfiError::Unexpected)
    }

    /// Whether nothing is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        !self.inner.state.lock().busy
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        router::forget(self.id);
    }
}

/// The part the core's threads hold.
#[derive(Debug, Default)]
pub(super) struct Inner {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    busy: bool,
    answer: Option<Ev>,
    waker: Option<Waker>,
}

impl Inner {
    /// The event of the request in flight has come.
    pub(super) fn complete(&self, event: Ev) {
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

    /// Waits until nothing is in flight and takes the last answer.
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
