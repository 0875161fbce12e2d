//! Requests to the native core, and its events.
//!
//! A request is answered at once. Many only start something; the end of it comes as an event with the id the request
//! carried, and [`request_async`] waits for that. Other events belong to an object and go to its [`EventQueue`].

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
pub(crate) use library::{take_bytes, take_samples};
pub(crate) use queue::EventQueue;
pub(crate) use slot::Slot;

use crate::native::{LoadError, Native, VERSION};
use crate::proto;
use library::Library;

/// Something the core tells.
pub(crate) use crate::proto::ffi_event::Message as Ev;
/// A request to the core.
pub(crate) use crate::proto::ffi_request::Message as Req;
/// The immediate answer to a request.
pub(crate) use crate::proto::ffi_response::Message as Resp;

/// Our ids start high, so that they never meet the core's own.
const FIRST_ASYNC_ID: u64 = 1 << 62;

static CORE: OnceLock<Result<Core, LoadError>> = OnceLock::new();
static NEXT_ASYNC_ID: AtomicU64 = AtomicU64::new(FIRST_ASYNC_ID);

thread_local! {
    /// The encoded request, reused so that the audio path does not allocate for it.
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The running core.
pub(crate) struct Core {
    pub(crate) native: Native,
    library: Library,
}

/// The core, loaded and started by the first caller.
pub(crate) fn core() -> Result<&'static Core, &'static LoadError> {
    CORE.get_or_init(start).as_ref()
}

/// Sends a request and returns its immediate answer.
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
        // A request from inside a callback of the request above.
        Err(_) => core.library.request(&request.encode_to_vec()),
    })?;
    response.message.ok_or(FfiError::Unexpected)
}

/// Sends a request built around a fresh id and waits for the event with that id.
///
/// The waiter is registered first, because the event may come before the answer. A dropped future forgets its waiter;
/// what a late event owns is then released.
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

/// The events of the object with this handle, from now on.
pub(crate) fn subscribe(handle: u64) -> EventQueue {
    EventQueue::new(handle, None)
}

/// Tells a reader what the core does not tell it.
pub(crate) fn tell(event: proto::ByteStreamReaderEvent) {
    router::to_queue(event.reader_handle, Ev::ByteStreamReaderEvent(event));
}

/// The events of an object whose consumer may lag: at most `capacity` are kept, the oldest are dropped.
pub(crate) fn subscribe_lossy(handle: u64, capacity: usize) -> EventQueue {
    EventQueue::new(handle, Some(capacity))
}

/// An id no other request has.
pub(crate) fn next_async_id() -> u64 {
    NEXT_ASYNC_ID.fetch_add(1, Ordering::Relaxed)
}

/// Registers what runs when a remote participant calls a method.
pub(crate) fn on_rpc(handler: fn(proto::RpcMethodInvocationEvent)) {
    router::on_rpc(handler);
}

/// Frees one native object; `false` when there was none.
fn drop_handle(handle: u64) -> bool {
    core().is_ok_and(|core| core.library.drop_handle(handle))
}

fn start() -> Result<Core, LoadError> {
    let looked = locate::candidates();
    let Some(path) = looked.iter().find(|path| path.is_file()).cloned() else {
        return Err(LoadError::NotFound { looked });
    };
    let library = match Library::open(path.as_os_str()) {
        Ok(library) => library,
        Err(error) => {
            return Err(LoadError::Unloadable {
                path,
                reason: error.to_string(),
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
