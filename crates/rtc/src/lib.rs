//! A LiveKit participant for audio and data in pure Rust.
//!
//! What decides does no IO: [`signal::Signal`] speaks LiveKit's signalling protocol, and
//! [`participant::Participant`] is the state machine of the room, over peer connections by `str0m`.
//! Bytes and time go in; bytes, RTP, events and a deadline come out. [`edge`] carries them on tokio,
//! with one task for each room.
//!
//! Audio is RTP with Opus packets: sequence numbers and timestamps come through untouched, frames
//! are sent as they are. There is no codec and no jitter buffer here.

mod backoff;
mod crypto;
pub mod edge;
pub mod limits;
pub mod participant;
pub mod signal;
mod transport;

pub use transport::{Frame, Leg, PeerStats, Rtp, SendError, StreamStats};
