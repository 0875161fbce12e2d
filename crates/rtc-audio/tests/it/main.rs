//! The receiver behind networks and peers of all kinds.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod allocations;
mod arbitrary;
mod networks;
mod senders;
#[path = "../support/mod.rs"]
mod support;
