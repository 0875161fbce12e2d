//! Data channel types that appear in statistics.

pub use crate::stats::state::DataChannelState;
