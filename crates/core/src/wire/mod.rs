//! Wire formats, one module each. Nothing outside this module knows how messages are spelled.

pub mod agent;
pub mod dispatch;
