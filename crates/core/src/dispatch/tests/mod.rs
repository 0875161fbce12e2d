//! Each rule of the dispatch protocol as a scenario.

mod admission;
mod connection;
mod drain;
pub(super) mod harness;
mod offers;
mod random;
