//! Converts between base64 and 16-bit samples, with as few copies as possible.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::BytesMut;

use crate::audio::Frame;

/// Encodes with padding, decodes with or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Samples encoded per block. Their length in bytes is a multiple of 3, so that blocks join without
/// padding.
const BLOCK: usize = 384;

/// Appends `samples` as base64 of little-endian bytes.
pub(super) fn append_base64(samples: &[i16], out: &mut BytesMut) {
    let mut at = out.len();
    out.resize(at + (samples.len() * 2).div_ceil(3) * 4, 0);
    let mut bytes = [0; BLOCK * 2];
    for block in samples.chunks(BLOCK) {
        for (sample, bytes) in block.iter().zip(bytes.chunks_exact_mut(2)) {
            bytes.copy_from_slice(&sample.to_le_bytes());
        }
        at += BASE64
            .encode_slice(&bytes[..block.len() * 2], &mut out[at..])
            .expect("the buffer was resized to the encoded length");
    }
}

/// Maximum capacity, in bytes, of the buffer kept between messages: a burst of 5 s.
const KEEP: usize = 256 << 10;

/// Decodes base64 into samples, message by message. A sample may be split across two messages.
#[derive(Debug, Default)]
pub(super) struct Reader {
    bytes: Vec<u8>,
    odd: Option<u8>,
}

impl Reader {
    /// The samples of one message, or `None` if `base64` is not valid base64.
    pub(super) fn read(&mut self, base64: &str) -> Option<Frame> {
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
        self.bytes.extend(self.odd.take());
        BASE64.decode_vec(base64, &mut self.bytes).ok()?;
        let pairs = self.bytes.chunks_exact(2);
        self.odd = pairs.remainder().first().copied();
        let samples = pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        Some(Frame::new(samples.collect()))
    }

    /// Drops half a sample left over from the last message, because another reply starts.
    pub(super) fn reset(&mut self) {
        self.odd = None;
    }
}
