//! End-to-end tests with real processes: a livekit-server, a worker, the simulator, and callers who
//! speak through Opus and WebRTC and record what they hear.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]
#![allow(clippy::print_stdout, reason = "tests print measurements")]

#[allow(dead_code, reason = "shared with other test binaries")]
mod bench;
mod call;
mod captions;
mod clients;
mod dispatch;
mod drain;
mod drained;
mod encryption;
mod failures;
mod gate;
mod hearing;
mod hearing_others;
mod hostile;
mod lost;
mod mcp;
mod monitor;
mod orphans;
mod pages;
mod permissions;
mod reconnect;
mod report;
mod sounds;
mod tools;
mod visit;
mod webhook;
#[allow(dead_code, reason = "shared with other test binaries")]
mod worker;
