//! Everything that Parlor does with LiveKit: rooms and their media, the server's API, access tokens,
//! and the messages for those who watch a call.
//!
//! The only package that imports `livekit`.

#[cfg(feature = "dylib")]
extern crate livekit_dylib as livekit;

pub mod monitor;
pub mod room;
pub mod server;
mod settings;
pub mod soundtrack;
pub mod token;

pub use settings::LiveKit;
