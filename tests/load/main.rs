//! Load tests: many calls through one worker, one test at a time.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]
#![allow(clippy::print_stdout, reason = "tests print measurements")]
#![allow(dead_code, reason = "helpers are shared with the end-to-end tests")]

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

/// Held by each test, so that it has the machine to itself.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
