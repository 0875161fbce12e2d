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

impl AudioFrame<'_> {
    /// Creates a frame of silence.
    pub fn new(sample_rate: u32, num_channels: u32, samples_per_channel: u32) -> Self {
        let len = num_channels as usize * samples_per_channel as usize;
        Self {
            data: vec![0; len].into(),
            sample_rate,
            num_channels,
            samples_per_channel,
        }
    }
}
