//! The only place that reads the clock.

use std::time::{Instant, SystemTime};

/// Tokio's clock as a std instant, so that tests with a paused clock move it.
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The time of day, for what people read and what outlives the process; never to measure with.
#[allow(
    clippy::disallowed_methods,
    reason = "it is read here and nowhere else"
)]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Waits until `deadline`; for ever without one.
pub async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
