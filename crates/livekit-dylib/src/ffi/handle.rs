//! Handles of objects in the native core, each dropped exactly once.

use std::sync::atomic::{AtomicI64, Ordering};

use super::{core, library};
use crate::proto;

/// Number of handles in use.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// Owned handle of an object in the native core. Dropping it frees the object.
#[derive(Debug)]
pub(crate) struct Handle(u64);

impl Handle {
    /// Takes ownership of a handle that the core returned.
    pub(crate) fn new(owned: proto::FfiOwnedHandle) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Self(owned.id)
    }

    /// The number of the handle, for requests.
    pub(crate) fn id(&self) -> u64 {
        self.0
    }

    /// Stops counting the object as in use while it is kept for reuse.
    pub(crate) fn park(&self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts the object again after [`park`](Self::park).
    pub(crate) fn unpark(&self) {
        LIVE.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets the handle without freeing the object, because a request has consumed it.
    pub(crate) fn consumed(self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        std::mem::forget(self);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        if !core::drop_handle(self.0) {
            tracing::debug!(target: "livekit", handle = self.0, "native object had already been freed");
        }
    }
}

/// Copies the samples of an audio frame, then frees the frame.
pub(crate) fn take_samples(frame: proto::OwnedAudioFrameBuffer) -> Vec<i16> {
    let _frame = Handle::new(frame.handle);
    library::copy_samples(&frame.info)
}

/// Number of native objects in use: rooms, tracks, streams, frames.
pub(crate) fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}
