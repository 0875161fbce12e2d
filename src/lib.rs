//! Parlor: a voice agent for every LiveKit room.
//!
//! One worker joins a room, hears the caller through LiveKit's native core, speaks with
//! AssemblyAI's Voice Agent API over one WebSocket, and plays its replies into the room. What a
//! call decides is in `parlor_core`; here is how it is carried out.

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
