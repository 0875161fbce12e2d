//! What an operator sees.

mod board;
mod health;
pub mod log;
mod metrics;
mod news;
mod rooms;

pub use board::{Board, CallInfo, WorkerInfo};
pub use health::serve;
