//! The audio of a real-time call: [Opus](codec) both ways, and a [receiver] that turns the
//! packets of a network into an even stream of samples.
//!
//! Nothing here does IO or asks for the time. Packets and instants go in, samples come out:
//!
//! - [`codec::Encoder`] turns 20 ms of samples into the payload of an RTP packet.
//! - [`receiver::Receiver`] takes RTP packets as they arrive and gives 10 ms of samples each time it
//!   is asked. It reorders, waits as long as the network's jitter makes necessary, conceals what is
//!   lost, and speeds up or slows down speech to follow the network and the sender's clock.
//!
//! All samples are mono, signed 16 bits, at [`SAMPLE_RATE`]. RTP timestamps count at [`RTP_CLOCK`],
//! as RFC 7587 demands for Opus at any sample rate.

pub mod codec;
pub mod receiver;

/// Samples per second of all audio that goes in and comes out.
pub const SAMPLE_RATE: u32 = 24_000;

/// Ticks per second of the RTP timestamps of an Opus stream.
pub const RTP_CLOCK: u32 = 48_000;

/// Samples in 10 ms, which is what [`receiver::Receiver::pull`] gives.
pub const SAMPLES_PER_10_MS: usize = SAMPLE_RATE as usize / 100;

/// Samples in 20 ms, which is what [`codec::Encoder::encode`] takes.
pub const SAMPLES_PER_FRAME: usize = 2 * SAMPLES_PER_10_MS;

/// RTP ticks in a sample.
pub const TICKS_PER_SAMPLE: u32 = RTP_CLOCK / SAMPLE_RATE;
