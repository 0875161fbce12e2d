//! Data stream requests with a deadline.

use std::time::Duration;

use crate::ffi::{self, Ev, FfiError, Req};

/// Deadline of a request without content. The core itself waits 5 s for the server.
const REQUEST_DEADLINE: Duration = Duration::from_secs(15);

/// Minimum rate at which content must be sent, in bytes per second; it determines the deadline. The
/// core discards pending requests when a room ends, so waiting for them needs a deadline.
const SLOWEST_BYTES_PER_SECOND: u64 = 8 * 1024;

/// Sends a request with `bytes` bytes of content and waits for its callback.
pub(super) async fn within(bytes: u64, build: impl FnOnce(u64) -> Req) -> Result<Ev, FfiError> {
    tokio::time::timeout(deadline(bytes), ffi::request_async(build))
        .await
        .unwrap_or(Err(FfiError::TimedOut))
}

fn deadline(bytes: u64) -> Duration {
    REQUEST_DEADLINE.saturating_add(Duration::from_secs(bytes / SLOWEST_BYTES_PER_SECOND))
}

/// Result of a callback that carries either an error or nothing.
macro_rules! finished {
    ($kind:ident, $event:expr) => {
        match $event {
            Ok(Ev::$kind(callback)) => callback.error.map_or(Ok(()), |error| {
                Err($crate::data_stream::error::failure(error))
            }),
            Ok(_) => Err(FfiError::Unexpected.into()),
            Err(error) => Err(error.into()),
        }
    };
}
pub(super) use finished;

/// Result of a callback that carries either a value or an error.
macro_rules! answered {
    ($kind:ident, $result:ident::$value:ident, $event:expr) => {
        match $event {
            Ok(Ev::$kind(callback)) => match callback.result {
                Some(proto::$result::Result::$value(value)) => Ok(value),
                Some(proto::$result::Result::Error(error)) => {
                    Err($crate::data_stream::error::failure(error))
                }
                None => Err(FfiError::Unexpected.into()),
            },
            Ok(_) => Err(FfiError::Unexpected.into()),
            Err(error) => Err(error.into()),
        }
    };
}
pub(super) use answered;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_grows_with_the_content() {
        assert_eq!(deadline(0), REQUEST_DEADLINE);
        assert_eq!(
            deadline(80 * 1024),
            REQUEST_DEADLINE + Duration::from_secs(10)
        );
        assert!(deadline(u64::MAX) > REQUEST_DEADLINE);
    }
}
