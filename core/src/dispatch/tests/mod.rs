//! Each rule of the dispatch protocol as a scenario.

mod admission;
mod drain;
pub(super) mod harness;
mod link;
mod offers;
mod random;
