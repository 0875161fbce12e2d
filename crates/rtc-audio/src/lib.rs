//! The audio of a real-time call: [Opus](codec) both ways.
//!
//! All samples are mono, signed 16 bits, at [`SAMPLE_RATE`]. RTP timestamps count at [`RTP_CLOCK`],
//! as RFC 7587 demands for Opus at any sample rate.

pub mod codec;

/// Samples per second of all audio that goes in and comes out.
pub const SAMPLE_RATE: u32 = 24_000;

/// Ticks per second of the RTP timestamps of an Opus stream.
pub const RTP_CLOCK: u32 = 48_000;

/// Samples in 10 ms.
pub const SAMPLES_PER_10_MS: usize = SAMPLE_RATE as usize / 100;

/// Samples in 20 ms, which is what [`codec::Encoder::encode`] takes.
pub const SAMPLES_PER_FRAME: usize = 2 * SAMPLES_PER_10_MS;

/// RTP ticks in a sample.
pub const TICKS_PER_SAMPLE: u32 = RTP_CLOCK / SAMPLE_RATE;
