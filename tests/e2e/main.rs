//! End-to-end tests with real processes: a livekit-server, a worker, the simulator, and callers who
//! speak through Opus and WebRTC and record what they hear.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]
#![allow(clippy::print_stdout, reason = "tests print measurements")]

#[allow(dead_code, reason = "shared with other test binaries")]
mod bench;
mod call;
mod captions;
mod clients;
mod demo_page;
mod dispatch;
mod drain;
mod drained;
mod encryption;
mod failures;
mod gate;
mod hearing;
mod hearing_others;
mod lost;
mod mcp;
mod misbehaving_api;
mod monitor;
mod pages;
mod permissions;
mod reconnect;
mod report;
mod sounds;
mod tools;
mod waiting_rooms;
mod webhook;
#[allow(dead_code, reason = "shared with other test binaries")]
mod worker;
