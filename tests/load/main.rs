//! Many calls through one daemon, with nothing else running beside them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are printed")]
#![allow(
    dead_code,
    reason = "the benches are shared with the calls between processes"
)]

#[path = "../e2e/bench.rs"]
mod bench;
#[path = "../e2e/drained.rs"]
mod drained;
#[path = "../e2e/gate.rs"]
mod gate;
#[path = "../e2e/hearing.rs"]
mod hearing;
#[path = "../e2e/pages.rs"]
mod pages;
#[path = "../e2e/worker.rs"]
mod worker;

mod at_once;
mod burst;
mod captions;
mod drain;
mod ended;
mod many_rooms;
mod rooms;
mod thousand;

/// Each test has the machine for itself.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
