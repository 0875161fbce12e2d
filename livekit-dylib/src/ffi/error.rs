//! Why a request to the native core failed.

use crate::native::LoadError;

/// A request that was not carried out, or whose answer makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FfiError {
    /// The library could not be loaded.
    #[error(transparent)]
    Unavailable(&'static LoadError),
    /// The core refused the request: a handle is gone or an argument is not allowed.
    #[error("the native core refused the request")]
    Rejected,
    /// The core answered with something the schema does not know.
    #[error("the native core sent a malformed answer: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// The core answered with another message than the one that belongs to the request.
    #[error("the native core sent an unexpected answer")]
    Unexpected,
    /// The room or track this is about is closed.
    #[error("already closed")]
    Closed,
    /// The core did not answer in time.
    #[error("the native core did not answer in time")]
    TimedOut,
}
