//! Objects that live in the native core, each dropped exactly once.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::proto;

/// How many handles this process uses.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// An object of the native core that this process owns; dropping it frees the object.
#[derive(Debug)]
pub(crate) struct Handle(u64);

impl Handle {
    /// Takes over what the core handed out.
    pub(crate) fn new(owned: proto::FfiOwnedHandle) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Self(owned.id)
    }

    /// The number requests name it by.
    pub(crate) fn id(&self) -> u64 {
        self.0
    }

    /// Counts the object no longer: it waits to be used again.
    pub(crate) fn rest(&self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts the object again after [`rest`](Self::rest).
    pub(crate) fn resume(&self) {
        LIVE.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets the object: a request has consumed it.
    pub(crate) fn consumed(self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        std::mem::forget(self);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        if !super::drop_handle(self.0) {
            tracing::debug!(target: "livekit", handle = self.0, "native object was gone already");
        }
    }
}

/// How many native objects this process uses: rooms, tracks, streams, frames.
pub(crate) fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}
