//! The C ABI of the native core. This is the only file of the crate that contains `unsafe`.
//!
//! The ABI consists of four functions and a callback. All messages are protobuf, except audio
//! samples: the core passes their address, which is valid until their handle is dropped. They are
//! copied here.

use std::ffi::{CStr, OsStr, c_char};
use std::mem::ManuallyDrop;
use std::sync::OnceLock;

use libloading::os::unix::{Library as Object, RTLD_LOCAL, RTLD_NOW};
use prost::Message as _;

use super::error::FfiError;
use crate::proto;

type EventFn = unsafe extern "C" fn(*const u8, usize);
type InitializeFn = unsafe extern "C" fn(EventFn, bool, *const c_char, *const c_char);
type RequestFn = unsafe extern "C" fn(*const u8, usize, *mut *const u8, *mut usize) -> u64;
type DropHandleFn = unsafe extern "C" fn(u64) -> bool;
type BuildVersionFn = unsafe extern "C" fn(*mut CallStatus) -> ForeignBuffer;
type BufferFreeFn = unsafe extern "C" fn(ForeignBuffer, *mut CallStatus);

/// Handle returned for a rejected request.
const INVALID_HANDLE: u64 = 0;

/// Receiver of the encoded events.
static EVENTS: OnceLock<fn(&[u8])> = OnceLock::new();

/// The loaded native core.
pub(super) struct Library {
    initialize: InitializeFn,
    request: RequestFn,
    drop_handle: DropHandleFn,
    version: Option<String>,
    // Never unloaded, because the core's threads run until the process ends.
    _object: ManuallyDrop<Object>,
}

impl Library {
    /// Loads the shared object and reads its version, without starting the core.
    pub(super) fn open(path: &OsStr) -> Result<Self, libloading::Error> {
        // SAFETY: the constructors of the object register Rust and C++ statics only.
        let object = unsafe { Object::open(Some(path), RTLD_NOW | RTLD_LOCAL) }?;
        // SAFETY: the signatures are those of `livekit_ffi.h` and `livekit-ffi/src/cabi.rs`, stable
        // since 0.12.
        unsafe {
            Ok(Self {
                initialize: *object.get(b"livekit_ffi_initialize\0")?,
                request: *object.get(b"livekit_ffi_request\0")?,
                drop_handle: *object.get(b"livekit_ffi_drop_handle\0")?,
                version: build_version(&object),
                _object: ManuallyDrop::new(object),
            })
        }
    }

    /// The version compiled into the core; `None` if the core does not export it.
    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Starts the core. With `capture_logs`, the core sends its log records as events instead of
    /// writing them to stderr. `events` receives the encoded events, from several threads.
    pub(super) fn initialize(&self, capture_logs: bool, events: fn(&[u8])) {
        const SDK: &CStr = c"rust";
        const SDK_VERSION: &CStr = c"0.10.0";
        EVENTS.get_or_init(|| events);
        // SAFETY: both strings are static and NUL-terminated; `on_event` lives as long as the
        // process.
        unsafe { (self.initialize)(on_event, capture_logs, SDK.as_ptr(), SDK_VERSION.as_ptr()) }
    }

    /// Sends an encoded request and decodes the response.
    pub(super) fn request(&self, request: &[u8]) -> Result<proto::FfiResponse, FfiError> {
        let (mut data, mut len) = (std::ptr::null(), 0);
        // SAFETY: the request is copied by the callee; both out pointers are valid for the call.
        let handle =
            unsafe { (self.request)(request.as_ptr(), request.len(), &raw mut data, &raw mut len) };
        if handle == INVALID_HANDLE {
            return Err(FfiError::Rejected);
        }
        // SAFETY: with a valid handle, the core has set the buffer, which lives until the handle is
        // dropped below.
        let response = proto::FfiResponse::decode(unsafe { std::slice::from_raw_parts(data, len) });
        self.drop_handle(handle);
        Ok(response?)
    }

    /// Drops a native object; `false` if the handle is unknown.
    pub(super) fn drop_handle(&self, handle: u64) -> bool {
        // SAFETY: the core accepts any number.
        unsafe { (self.drop_handle)(handle) }
    }
}

/// Callback for events; the core calls it from several threads concurrently.
unsafe extern "C" fn on_event(data: *const u8, len: usize) {
    // SAFETY: `data` points to `len` bytes that are valid for the duration of this call.
    let event = unsafe { std::slice::from_raw_parts(data, len) };
    // A panic must not unwind into the caller. The panic hook has reported it; the event is lost.
    let _ = std::panic::catch_unwind(|| EVENTS.get().map(|events| events(event)));
}

/// Copies the samples of an audio frame whose handle has not been dropped.
pub(super) fn copy_samples(frame: &proto::AudioFrameBufferInfo) -> Vec<i16> {
    let len = frame.num_channels as usize * frame.samples_per_channel as usize;
    match frame.data_ptr as *const i16 {
        data if data.is_null() || len == 0 => Vec::new(),
        // SAFETY: the core keeps the samples, aligned and `len` long, until the frame's handle is
        // dropped.
        data => unsafe { std::slice::from_raw_parts(data, len) }.to_vec(),
    }
}

/// A byte buffer of the uniffi ABI.
#[repr(C)]
struct ForeignBuffer {
    capacity: u64,
    len: u64,
    data: *mut u8,
}

/// The outcome of a call over the uniffi ABI; code 0 is success.
#[repr(C)]
struct CallStatus {
    code: i8,
    error: ForeignBuffer,
}

impl CallStatus {
    const fn new() -> Self {
        Self {
            code: 0,
            error: ForeignBuffer {
                capacity: 0,
                len: 0,
                data: std::ptr::null_mut(),
            },
        }
    }
}

/// Reads the core's version without starting it.
///
/// # Safety
///
/// `object` is a native core: if it exports the two uniffi symbols, they have the uniffi
/// signatures.
unsafe fn build_version(object: &Object) -> Option<String> {
    // SAFETY: see above.
    let (version, free) = unsafe {
        (
            *object
                .get::<BuildVersionFn>(b"uniffi_livekit_ffi_fn_func_build_version\0")
                .ok()?,
            *object
                .get::<BufferFreeFn>(b"ffi_livekit_ffi_rustbuffer_free\0")
                .ok()?,
        )
    };
    let mut status = CallStatus::new();
    // SAFETY: the status outlives the call, which takes no other argument.
    let buffer = unsafe { version(&raw mut status) };
    if status.code != 0 || buffer.data.is_null() {
        return None;
    }
    // SAFETY: a successful call returns `len` initialised bytes, owned by the buffer.
    let text = unsafe { std::slice::from_raw_parts(buffer.data, buffer.len as usize) };
    let text = String::from_utf8_lossy(text).into_owned();
    // SAFETY: the buffer came from this object and is freed once.
    unsafe { free(buffer, &raw mut status) };
    Some(text)
}
