//! Requests to the room, with a deadline.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::timeout;

/// Why a request to the room failed. Does not contain the data of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SendError {
    /// The LiveKit SDK returned an error.
    #[error("{0}")]
    Room(String),
    /// There was no answer in time.
    #[error("no answer in time")]
    Timeout,
}

/// Waits for a request to the room, for at most `limit`.
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
