//! Uncompressed audio.

use std::borrow::Cow;

/// Signed 16-bit samples, channels interleaved.
#[derive(Debug, Clone)]
pub struct AudioFrame<'a> {
    /// The samples: `num_channels` times `samples_per_channel`.
    pub data: Cow<'a, [i16]>,
    /// In hertz.
    pub sample_rate: u32,
    /// 1 or 2.
    pub num_channels: u32,
    /// The length of the frame.
    pub samples_per_channel: u32,
}

impl AudioFrame<'_> {
    /// Silence.
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
