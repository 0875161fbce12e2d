//! The running native core; there is one in each process.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message as _;

use super::error::{FfiError, LoadError, VERSION};
use super::library::Library;
use super::{locate, log};
use crate::proto::{self, Req, Resp};

/// First id used by this crate; high enough never to collide with the core's own ids.
const FIRST_ASYNC_ID: u64 = 1 << 62;

static CORE: OnceLock<Result<Core, LoadError>> = OnceLock::new();
static NEXT_ASYNC_ID: AtomicU64 = AtomicU64::new(FIRST_ASYNC_ID);

thread_local! {
    /// Buffer of the encoded request, reused so that the audio path does not allocate.
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Core {
    native: Native,
    library: Library,
}

/// A native core that is loaded and running.
#[derive(Debug)]
pub struct Native {
    path: PathBuf,
}

impl Native {
    /// The version of the core, always [`VERSION`].
    pub fn version(&self) -> &'static str {
        VERSION
    }

    /// Path of the file the core was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Returns the core; the first call loads and starts it. `events` receives its encoded events.
pub(super) fn start(events: fn(&[u8])) -> Result<&'static Native, &'static LoadError> {
    let core = CORE.get_or_init(|| open(events));
    core.as_ref().map(|core| &core.native)
}

/// Sends a request to the running core and returns its immediate response.
pub(super) fn send(message: Req) -> Result<Resp, FfiError> {
    let library = library().ok_or(FfiError::Closed)?;
    let request = proto::FfiRequest {
        message: Some(message),
    };
    let response = ENCODED.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => {
            buffer.clear();
            request.encode(&mut *buffer).expect("a Vec grows as needed");
            library.request(&buffer)
        }
        // The request is nested in a callback of another request on this thread.
        Err(_) => library.request(&request.encode_to_vec()),
    })?;
    response.message.ok_or(FfiError::Unexpected)
}

/// Frees a native object; `false` if the handle is unknown.
pub(super) fn drop_handle(handle: u64) -> bool {
    library().is_some_and(|library| library.drop_handle(handle))
}

/// Returns a new request id.
pub(crate) fn next_async_id() -> u64 {
    NEXT_ASYNC_ID.fetch_add(1, Ordering::Relaxed)
}

fn library() -> Option<&'static Library> {
    let core = CORE.get()?.as_ref().ok()?;
    Some(&core.library)
}

fn open(events: fn(&[u8])) -> Result<Core, LoadError> {
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
    library.initialize(log::capture(), events);
    Ok(Core {
        native: Native { path },
        library,
    })
}
