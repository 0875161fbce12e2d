//! Requests with a deadline.

use std::time::Duration;

use crate::ffi::{self, Ev, FfiError, Req};
use crate::room::error::RoomError;

/// Deadline of a request to the server. The core itself waits 5 s for the server.
pub(super) const REQUEST_DEADLINE: Duration = Duration::from_secs(15);

/// Sends a request and waits for its callback, at most until the deadline.
pub(super) async fn within(
    deadline: Duration,
    build: impl FnOnce(u64) -> Req,
) -> Result<Ev, FfiError> {
    tokio::time::timeout(deadline, ffi::request_async(build))
        .await
        .unwrap_or(Err(FfiError::TimedOut))
}

/// Result of a callback that carries either an error or nothing.
macro_rules! done {
    ($kind:ident, $event:expr) => {
        match $event {
            Ok(crate::ffi::Ev::$kind(callback)) => match callback.error {
                Some(error) => Err(crate::engine::call::failure(&error)),
                None => Ok(()),
            },
            Ok(_) => Err(crate::ffi::FfiError::Unexpected.into()),
            Err(error) => Err(error.into()),
        }
    };
}
pub(super) use done;

impl From<FfiError> for RoomError {
    fn from(error: FfiError) -> Self {
        match error {
            FfiError::Closed => Self::AlreadyClosed,
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Parses an error that the core reports as text.
pub(super) fn failure(text: &str) -> RoomError {
    RoomError::parse(text.strip_prefix("room error ").unwrap_or(text))
}
