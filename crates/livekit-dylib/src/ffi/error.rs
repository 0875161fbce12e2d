//! Why a request to the native core failed.

use crate::native::LoadError;

/// A failed request to the native core, or an invalid response to one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FfiError {
    /// The native core could not be loaded.
    #[error(transparent)]
    Unavailable(&'static LoadError),
    /// The core rejected the request: a handle is invalid, or an argument is not allowed.
    #[error("the native core rejected the request")]
    Rejected,
    /// The core's response could not be decoded.
    #[error("the native core sent a malformed response: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// The core sent a response of another type than the request calls for.
    #[error("the native core sent an unexpected response")]
    Unexpected,
    /// The room or track is closed.
    #[error("already closed")]
    Closed,
    /// The core did not respond in time.
    #[error("the native core did not respond in time")]
    TimedOut,
}
