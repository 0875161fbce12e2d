//! Each rule of the dispatch protocol as a scenario.

mod drain;
mod harness;
mod link;
mod offers;
mod random;
