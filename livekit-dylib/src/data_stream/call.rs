//! One request about a stream and its end, under a deadline.

use std::time::Duration;

use crate::ffi::{self, Ev, FfiError, Req};

/// The longest a request without content may take. The core itself gives the server 5 s.
const REQUEST_DEADLINE: Duration = Duration::from_secs(15);

/// Content that goes out slower than this, in bytes a second, counts as stuck. The core forgets what is queued when a
/// room ends, so a wait for it needs an end.
const SLOWEST_BYTES_PER_SECOND: u64 = 8 * 1024;

/// Waits for the end of a request that sends so many bytes.
pub(super) async fn within(bytes: u64, build: impl FnOnce(u64) -> Req) -> Result<Ev, FfiError> {
    tokio::time::timeout(deadline(bytes), ffi::request_async(build))
        .await
        .unwrap_or(Err(FfiError::TimedOut))
}

fn deadline(bytes: u64) -> Duration {
    REQUEST_DEADLINE.saturating_add(Duration::from_secs(bytes / SLOWEST_BYTES_PER_SECOND))
}

/// A callback that carries an error or nothing.
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

/// A callback that carries a value or an error.
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
    fn more_content_may_take_longer() {
        assert_eq!(deadline(0), REQUEST_DEADLINE);
        assert_eq!(
            deadline(80 * 1024),
            REQUEST_DEADLINE + Duration::from_secs(10)
        );
        assert!(deadline(u64::MAX) > REQUEST_DEADLINE);
    }
}
