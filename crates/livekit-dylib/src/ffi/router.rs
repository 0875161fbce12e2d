//! Routes events from the core's callback to their receivers.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use parking_lot::Mutex;
use prost::Message as _;
use tokio::sync::oneshot;

use super::{log, release};
use crate::proto::{self, Ev};

static ROUTER: LazyLock<Router> = LazyLock::new(Router::default);
static RPC: OnceLock<fn(proto::RpcMethodInvocationEvent)> = OnceLock::new();

/// Receives all events of an object, or of a request id.
pub(super) trait Receiver: Send + Sync {
    /// Takes an event. Runs on the core's threads.
    fn receive(&self, event: Ev);
}

#[derive(Default)]
struct Router {
    /// Waiters by request id.
    waiters: Mutex<HashMap<u64, Waiter>>,
    /// Queues by the handle of the object that the event belongs to.
    queues: Mutex<HashMap<u64, Arc<dyn Receiver>>>,
}

enum Waiter {
    Once(oneshot::Sender<Delivery>),
    Always(Arc<dyn Receiver>),
}

/// An event on its way to a waiter. Frees the native objects it owns if it is never taken.
pub(super) struct Delivery(Option<Ev>);

impl Delivery {
    pub(super) fn take(mut self) -> Option<Ev> {
        self.0.take()
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(event) = self.0.take() {
            release::release(event);
        }
    }
}

/// Removes the waiter when dropped.
pub(super) struct Waiting(u64);

impl Drop for Waiting {
    fn drop(&mut self) {
        forget(self.0);
    }
}

/// Routes the event with this id to a one-time waiter.
pub(super) fn wait(id: u64, answer: oneshot::Sender<Delivery>) -> Waiting {
    ROUTER.waiters.lock().insert(id, Waiter::Once(answer));
    Waiting(id)
}

/// Routes all events with this id to a receiver, until [`forget`] is called.
pub(super) fn wait_always(id: u64, receiver: Arc<dyn Receiver>) {
    ROUTER.waiters.lock().insert(id, Waiter::Always(receiver));
}

pub(super) fn forget(id: u64) {
    ROUTER.waiters.lock().remove(&id);
}

/// Routes the events of an object to a queue.
pub(super) fn route(handle: u64, queue: Arc<dyn Receiver>) {
    ROUTER.queues.lock().insert(handle, queue);
}

pub(super) fn unroute(handle: u64) {
    ROUTER.queues.lock().remove(&handle);
}

/// Sets the handler of RPC invocations of remote participants; the first one stays.
pub(crate) fn on_rpc(handler: fn(proto::RpcMethodInvocationEvent)) {
    RPC.get_or_init(|| handler);
}

/// Decodes and routes an event. Runs on the core's threads: it never blocks and runs no application
/// code.
pub(super) fn dispatch(bytes: &[u8]) {
    if log::forward(bytes) {
        return;
    }
    match proto::FfiEvent::decode(bytes) {
        Ok(proto::FfiEvent {
            message: Some(event),
        }) => deliver(event),
        Ok(_) => tracing::trace!(target: "livekit", "ignored a native event of an unknown type"),
        Err(error) => tracing::error!(target: "livekit", %error, "failed to decode a native event"),
    }
}

fn deliver(event: Ev) {
    match event {
        Ev::Panic(panic) => {
            // The core's contract forbids using it after a panic.
            tracing::error!(target: "livekit", message = log::redacted(&panic.message).as_ref(), "the native core panicked");
            std::process::abort();
        }
        Ev::RpcMethodInvocation(call) => match RPC.get() {
            Some(handler) => handler(call),
            None => tracing::warn!(target: "livekit", "ignored an RPC: no method is registered"),
        },
        event => match (object(&event), request(&event)) {
            (Some(handle), _) => to_queue(handle, event),
            (None, Some(id)) => to_waiter(id, event),
            (None, None) => release::release(event),
        },
    }
}

/// Sends an event to the queue of an object.
pub(super) fn to_queue(handle: u64, event: Ev) {
    let queue = ROUTER.queues.lock().get(&handle).cloned();
    match queue {
        Some(queue) => queue.receive(event),
        None => release::release(event),
    }
}

fn to_waiter(id: u64, event: Ev) {
    let once = {
        let mut waiters = ROUTER.waiters.lock();
        match waiters.get(&id) {
            Some(Waiter::Always(receiver)) => {
                let receiver = Arc::clone(receiver);
                drop(waiters);
                return receiver.receive(event);
            }
            Some(Waiter::Once(_)) => waiters.remove(&id),
            None => None,
        }
    };
    match once {
        // If the waiter has just gone, `send` returns the delivery, whose drop frees it.
        Some(Waiter::Once(answer)) => drop(answer.send(Delivery(Some(event)))),
        _ => release::release(event),
    }
}

/// Handle of the object that an event belongs to.
fn object(event: &Ev) -> Option<u64> {
    match event {
        Ev::RoomEvent(event) => Some(event.room_handle),
        Ev::AudioStreamEvent(event) => Some(event.stream_handle),
        Ev::TextStreamReaderEvent(event) => Some(event.reader_handle),
        Ev::ByteStreamReaderEvent(event) => Some(event.reader_handle),
        _ => None,
    }
}

macro_rules! async_id {
    ($event:expr; $($kind:ident)*) => {
        match $event {
            $(Ev::$kind(callback) => Some(callback.async_id),)*
            _ => None,
        }
    };
}

/// Id of the request that an event completes.
fn request(event: &Ev) -> Option<u64> {
    async_id!(event;
        Connect Disconnect PublishTrack UnpublishTrack PublishTranscription PublishSipDtmf CaptureAudioFrame
        SetLocalAttributes GetSessionStats PerformRpc SimulateScenario
        SendText SendBytes TextStreamOpen TextStreamWriterWrite TextStreamWriterClose)
}
