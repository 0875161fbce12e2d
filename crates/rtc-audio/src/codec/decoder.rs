//! Opus packets to samples.

use opus::Channels;

use super::Error;
use crate::SAMPLE_RATE;

/// Turns Opus packets into samples, and fills in for packets that are lost.
///
/// Each call continues where the previous one ended, so it has to be told of each packet once and in
/// order, by one of the three methods.
#[derive(Debug)]
pub struct Decoder(opus::Decoder);

impl Decoder {
    /// Makes a decoder. It takes packets of one and of two channels, which it mixes.
    pub fn new() -> Result<Self, Error> {
        Ok(Self(opus::Decoder::new(SAMPLE_RATE, Channels::Mono)?))
    }

    /// Decodes a packet. Returns the number of samples written, at most the length of `samples`,
    /// which should have room for [`MAX_PACKET_SAMPLES`](super::MAX_PACKET_SAMPLES).
    pub fn decode(&mut self, packet: &[u8], samples: &mut [i16]) -> Result<usize, Error> {
        Ok(self.0.decode(packet, samples, false)?)
    }

    /// Decodes the frame before `next`, which is lost, from what `next` carries of it. `samples` is as
    /// long as that frame and becomes full. Conceals, where `next` carries nothing.
    pub fn decode_fec(&mut self, next: &[u8], samples: &mut [i16]) -> Result<usize, Error> {
        Ok(self.0.decode(next, samples, true)?)
    }

    /// Fills `samples` with a plausible continuation of the audio. Their number is a multiple of 60
    /// (2.5 ms).
    pub fn conceal(&mut self, samples: &mut [i16]) -> Result<usize, Error> {
        Ok(self.0.decode(&[], samples, false)?)
    }

    /// Forgets the audio so far, as between two streams.
    pub fn reset(&mut self) -> Result<(), Error> {
        Ok(self.0.reset_state()?)
    }
}
