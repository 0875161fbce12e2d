//! Data channels, as far as statistics speak of them.

pub use crate::stats::state::DataChannelState;
