//! Participants of this package in rooms of a real livekit-server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod hearing;
mod peer;
mod reconnect;
mod relay;
mod room;
mod server;
