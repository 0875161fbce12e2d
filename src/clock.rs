//! The only place that reads the clock.

use std::time::Instant;

/// Tokio's clock as a std instant, so that tests with a paused clock move it.
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Waits until `deadline`; for ever without one.
pub async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
