//! Parlor: a voice agent worker for LiveKit.
//!
//! The worker joins rooms, receives callers' audio through LiveKit's native core, streams it to
//! AssemblyAI's Voice Agent API over one WebSocket per call, and plays the replies into the room.
//! The state machines are in the crate `parlor_core` and do no I/O; this crate does the I/O.

#[cfg(feature = "dylib")]
extern crate livekit_dylib as livekit;

pub mod agent_store;
pub mod cell;
pub mod cli;
pub mod clock;
pub mod config;
pub mod definition;
pub mod demo;
pub mod diagnostics;
pub mod dial;
pub mod livekit_server;
pub mod monitor;
pub mod ops;
pub mod random;
pub mod report;
pub mod room;
pub mod session;
pub mod shutdown;
pub mod sim;
pub mod soundtrack;
pub mod template;
pub mod token;
pub mod tools;
pub mod voice_agent;
pub mod wav;
pub mod web;
pub mod worker;
