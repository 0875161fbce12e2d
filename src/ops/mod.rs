//! What an operator sees.

pub mod log;
