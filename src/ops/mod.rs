//! What operators see of a worker: logs, metrics and health checks.

mod health;
pub mod log;
mod metrics;
mod room_events;
mod room_metrics;
mod status;

pub use health::serve;
pub use status::{CallInfo, WorkerInfo, WorkerStatus};
