//! Uncompressed audio frames.

use std::borrow::Cow;

/// A frame of signed 16-bit PCM samples with interleaved channels.
#[derive(Debug, Clone)]
pub struct AudioFrame<'a> {
    /// The samples; the length is `num_channels` times `samples_per_channel`.
    pub data: Cow<'a, [i16]>,
    /// Sample rate in hertz.
    pub sample_rate: u32,
    /// Number of channels, 1 or 2.
    pub num_channels: u32,
    /// Length of the frame in samples per channel.
    pub samples_per_channel: u32,
}
