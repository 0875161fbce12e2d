//! Server faults and their effect on a call: every scenario of `tests/scenarios` against a separate
//! worker, with nothing else running on the machine.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are printed")]
#![allow(
    dead_code,
    reason = "the benches are shared with the calls between processes"
)]

#[path = "../e2e/bench.rs"]
mod bench;
#[path = "../e2e/gate.rs"]
mod gate;
#[path = "../e2e/hearing.rs"]
mod hearing;
#[path = "../e2e/worker.rs"]
mod worker;

mod table;
