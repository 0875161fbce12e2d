//! Opus, by libopus. Mono, [`SAMPLE_RATE`](crate::SAMPLE_RATE).

mod decoder;
mod encoder;
pub(crate) mod packet;
#[cfg(test)]
mod tests;

pub use decoder::Decoder;
pub use encoder::{Encoder, Settings};

/// Longest payload in bytes that an encoder here makes: an Opus frame is never longer.
pub const MAX_FRAME_BYTES: usize = 1_275;

/// Most samples that one packet can hold: 120 ms.
pub const MAX_PACKET_SAMPLES: usize = 12 * crate::SAMPLES_PER_10_MS;

/// What libopus refused.
#[derive(Debug, thiserror::Error)]
#[error("libopus: {0}")]
pub struct Error(#[from] opus::Error);
