//! Tests with rooms on a real livekit-server, through the real native core.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../support/mod.rs"]
mod support;

mod audio;
mod encryption;
mod ends;
mod messages;
mod misuse;
mod participants;
mod rpc;
mod streams;
