//! Decodes Opus to mono at 24 kHz.

use opus_pure::{MAX_PACKET_SAMPLES, OggOpusReader, OpusDecoder, Trim};
use parlor_core::audio::SAMPLE_RATE;

use super::{AudioError, LONGEST};

/// The sample rate, in the type that the decoder takes.
const RATE: i32 = SAMPLE_RATE as i32;

/// Decodes the packets of an Ogg file.
pub(crate) fn ogg(bytes: &[u8]) -> Result<Vec<i16>, AudioError> {
    let broken = |_error| AudioError::Demux;
    let mut reader = OggOpusReader::new(bytes).map_err(broken)?;
    let mut trim = Trim::new(reader.head(), RATE, 1).map_err(broken)?;
    let mut decoder = Decoder::new()?;
    let mut voice = Vec::new();
    while let Some(packet) = reader.read_packet().map_err(broken)? {
        let decoded = decoder.decode(&packet.data)?;
        voice.extend_from_slice(trim.keep(&packet, decoded));
        if voice.len() > LONGEST {
            return Err(AudioError::TooLong);
        }
    }
    Ok(voice)
}

/// Decodes packets without a container, in order.
pub(crate) fn packets(packets: &[&[u8]]) -> Result<Vec<i16>, AudioError> {
    let mut decoder = Decoder::new()?;
    let mut voice = Vec::new();
    for packet in packets {
        voice.extend_from_slice(decoder.decode(packet)?);
        if voice.len() > LONGEST {
            return Err(AudioError::TooLong);
        }
    }
    Ok(voice)
}

struct Decoder {
    opus: OpusDecoder,
    block: Vec<i16>,
}

impl Decoder {
    fn new() -> Result<Self, AudioError> {
        let opus = OpusDecoder::new(RATE, 1).map_err(|_error| AudioError::Decode)?;
        let block = vec![0; MAX_PACKET_SAMPLES];
        Ok(Self { opus, block })
    }

    fn decode(&mut self, packet: &[u8]) -> Result<&[i16], AudioError> {
        if packet.is_empty() {
            return Ok(&[]);
        }
        // MAX_PACKET_SAMPLES is the longest packet (120 ms) at 48 kHz; this is the same at 24 kHz.
        let longest = MAX_PACKET_SAMPLES / 2;
        let decoded = self.opus.decode_s16(packet, longest, &mut self.block);
        let samples = decoded.map_err(|_error| AudioError::Decode)?;
        self.block.get(..samples).ok_or(AudioError::Decode)
    }
}
