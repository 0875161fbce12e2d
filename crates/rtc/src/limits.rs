//! Limits on what a server or another participant can send, and on what waits to be sent.

use std::time::Duration;

/// Longest signalling message in bytes. A room of thousands of participants fits.
pub const MAX_SIGNAL_MESSAGE: usize = 4 << 20;
/// Longest session description in bytes.
pub const MAX_SDP: usize = 512 << 10;
/// Most remote participants; further ones are ignored and counted.
pub const MAX_PARTICIPANTS: usize = 10_000;
/// Most tracks of one participant; further ones are ignored.
pub const MAX_TRACKS: usize = 256;
/// Most remote candidates of one peer connection; further ones are ignored.
pub const MAX_CANDIDATES: usize = 64;
/// Most media sections that the server may ask for.
pub const MAX_SECTIONS: usize = 256;
/// Longest data packet in bytes, encoded. LiveKit's servers refuse longer ones by default.
pub const MAX_DATA_PACKET: usize = 64 << 10;
/// Most bytes of reliable data packets kept, each until the server has had time to confirm it.
pub const MAX_REPLAY_BYTES: usize = 1 << 20;
/// Most data packets that wait for a data channel to open or to have room.
pub const MAX_WAITING_PACKETS: usize = 256;
/// Most requests that wait for the end of a reconnect.
pub const MAX_HELD_REQUESTS: usize = 256;
/// Most tracks that the local participant can publish.
pub const MAX_PUBLICATIONS: usize = 64;
/// Longest Opus frame in bytes: RFC 6716, section 3.2.1, times the frames that fit a packet here.
pub const MAX_AUDIO_FRAME: usize = 1_275;

/// How long the server has to answer the join or the resume.
pub(crate) const JOIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the WebSocket has to open.
pub(crate) const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the peer connections have to connect: that of LiveKit's Rust SDK.
pub(crate) const TRANSPORT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the server has to confirm a published track.
pub(crate) const PUBLISH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server has to answer an offer before it is sent again.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
