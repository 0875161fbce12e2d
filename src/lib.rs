//! Parlor: a voice agent worker for LiveKit.
//!
//! The worker joins rooms, receives callers' audio through LiveKit's native core, streams it to
//! AssemblyAI's Voice Agent API over one WebSocket per call, and plays the replies into the room.
//! The state machines are in the crate `parlor_core` and do no I/O; this crate does the I/O.

pub mod agent_store;
pub mod cell;
pub mod cli;
pub mod config;
pub mod definition;
pub mod demo;
pub mod diagnostics;
pub mod ops;
pub mod session;
pub mod shutdown;
pub mod web;
pub mod worker;
