//! The clock. No other module reads the time.

use std::time::{Instant, SystemTime};

/// The current instant of tokio's clock, which tests can pause and advance.
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The current wall-clock time, for timestamps that people read or that outlive the process. Use
/// [`now`] to measure durations.
#[allow(
    clippy::disallowed_methods,
    reason = "the only place that reads the wall clock"
)]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Waits until `deadline`; with `None`, waits forever.
pub async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
