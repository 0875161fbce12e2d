//! Requests to the native core, and its events.
//!
//! Every request returns an immediate response. Many requests only start an operation; its
//! completion arrives as an event with the id that the request carried, and [`request_async`] waits
//! for it. Other events belong to an object and go to its [`EventQueue`].

mod error;
mod handle;
#[allow(unsafe_code, reason = "the C ABI of the native core")]
mod library;
mod locate;
mod log;
mod queue;
mod release;
mod router;
mod slot;

use std::cell::RefCell;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message as _;
use tokio::sync::oneshot;

pub(crate) use error::FfiError;
pub(crate) use handle::{Handle, live as live_handles};
pub(crate) use library::take_samples;
pub(crate) use queue::EventQueue;
pub(crate) use release::release_room_event;
pub(crate) use slot::Slot;

use crate::native::{LoadError, Native, VERSION};
use crate::proto;
use library::Library;

/// An event from the core.
pub(crate) use crate::proto::ffi_event::Message as Ev;
/// A request to the core.
pub(crate) use crate::proto::ffi_request::Message as Req;
/// The immediate response to a request.
pub(crate) use crate::proto::ffi_response::Message as Resp;

/// First id used by this crate; high enough never to collide with the core's own ids.
const FIRST_ASYNC_ID: u64 = 1 << 62;

static CORE: OnceLock<Result<Core, LoadError>> = OnceLock::new();
static NEXT_ASYNC_ID: AtomicU64 = AtomicU64::new(FIRST_ASYNC_ID);

thread_local! {
    /// Buffer of the encoded request, reused so that the audio path does not allocate.
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The running core.
pub(crate) struct Core {
    pub(crate) native: Native,
    library: Library,
}

/// Returns the core; the first call loads and starts it.
pub(crate) fn core() -> Result<&'static Core, &'static LoadError> {
    CORE.get_or_init(start).as_ref()
}

/// Sends a request and returns its immediate response.
pub(crate) fn request(message: Req) -> Result<Resp, FfiError> {
    let core = core().map_err(FfiError::Unavailable)?;
    let request = proto::FfiRequest {
        message: Some(message),
    };
    let response = ENCODED.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => {
            buffer.clear();
            request.encode(&mut *buffer).expect("a Vec grows as needed");
            core.library.request(&buffer)
        }
        // The request is nested in a callback of another request on this thread.
        Err(_) => core.library.request(&request.encode_to_vec()),
    })?;
    response.message.ok_or(FfiError::Unexpected)
}

/// Sends a request with a new id and waits for the event with that id.
///
/// The waiter is registered first, because the event may arrive before the response. Dropping the
/// future removes its waiter; a late event then releases the handles it owns.
pub(crate) fn request_async(
    build: impl FnOnce(u64) -> Req,
) -> impl Future<Output = Result<Ev, FfiError>> {
    let id = next_async_id();
    let request = build(id);
    async move {
        let (answer, answered) = oneshot::channel();
        let _waiter = router::wait(id, answer);
        self::request(request)?;
        answered
            .await
            .ok()
            .and_then(router::Delivery::take)
            .ok_or(FfiError::Closed)
    }
}

/// Subscribes to the events of an object.
pub(crate) fn subscribe(handle: u64) -> EventQueue {
    EventQueue::new(handle, None)
}

/// Sends an event that the core does not send to a reader's queue.
pub(crate) fn send_reader_event(event: proto::ByteStreamReaderEvent) {
    router::to_queue(event.reader_handle, Ev::ByteStreamReaderEvent(event));
}

/// Subscribes to the events of an object whose consumer may lag: the queue keeps at most `capacity`
/// events and drops the oldest.
pub(crate) fn subscribe_lossy(handle: u64, capacity: usize) -> EventQueue {
    EventQueue::new(handle, Some(capacity))
}

/// Returns a new request id.
pub(crate) fn next_async_id() -> u64 {
    NEXT_ASYNC_ID.fetch_add(1, Ordering::Relaxed)
}

/// Registers the function that handles RPC invocations of remote participants.
pub(crate) fn on_rpc(handler: fn(proto::RpcMethodInvocationEvent)) {
    router::on_rpc(handler);
}

/// Frees a native object; `false` if the handle is unknown.
fn drop_handle(handle: u64) -> bool {
    core().is_ok_and(|core| core.library.drop_handle(handle))
}

fn start() -> Result<Core, LoadError> {
    let looked = locate::candidates();
    let Some(path) = looked.iter().find(|path| path.is_file()).cloned() else {
        return Err(LoadError::NotFound { looked });
    };
    // The dynamic linker searches its own folders for a path without a slash.
    let path = std::path::absolute(&path).unwrap_or(path);
    let library = match Library::open(path.as_os_str()) {
        Ok(library) => library,
        Err(error) => {
            // The error itself only says that `dlopen` failed.
            let reason = std::error::Error::source(&error).map(ToString::to_string);
            return Err(LoadError::Unloadable {
                path,
                reason: reason.unwrap_or_else(|| error.to_string()),
            });
        }
    };
    match library.version() {
        Some(VERSION) => {}
        found => {
            let found = found.unwrap_or("unknown").to_owned();
            return Err(LoadError::WrongVersion { path, found });
        }
    }
    library.initialize(log::capture());
    Ok(Core {
        native: Native { path },
        library,
    })
}
