//! What the room is given to pass on, with a deadline.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::timeout;

/// Why the room did not pass something on. Tells nothing of what it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SendError {
    /// The room's own words.
    #[error("{0}")]
    Room(String),
    /// Nobody answered in time.
    #[error("no answer in time")]
    Timeout,
}

/// Waits for what the room is asked to do, no longer than `limit`.
pub(super) async fn within<T, E: Display>(
    limit: Duration,
    passing: impl Future<Output = Result<T, E>>,
) -> Result<T, SendError> {
    match timeout(limit, passing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(SendError::Room(error.to_string())),
        Err(_elapsed) => Err(SendError::Timeout),
    }
}
