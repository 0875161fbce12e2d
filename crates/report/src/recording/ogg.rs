//! A recording as Opus in Ogg: stereo, 24 kHz, 48 kbit/s. The encoder is pure Rust.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use opus_pure::{
    Application, Error, MAX_PACKET_BYTES, OggOpusReader, OggOpusWriter, OpusEncoder, OpusHead,
    Signal,
};
use parlor_core::audio::SAMPLE_RATE;

use super::MutedSamples;

/// Samples per side in a packet: 20 ms.
const PACKET: usize = SAMPLE_RATE as usize / 50;

/// Ticks per sample: Ogg counts time at 48 kHz.
const TICKS: usize = 48_000 / SAMPLE_RATE as usize;

/// Bits per second, for both sides.
const BITRATE: i32 = 48_000;

/// Complexity of encoding, 0 to 10. Speech gains little from more, and calls need the CPU.
const COMPLEXITY: i32 = 5;

/// Number of packets of silence until the output of the encoder is constant.
const AT_REST: usize = 25;

/// An Ogg file in progress.
pub(super) struct Ogg {
    encoder: Encoder,
    writer: OggOpusWriter<BufWriter<File>>,
    /// Interleaved samples that do not fill a packet yet.
    pending: Vec<i16>,
    /// Number of samples per side so far.
    samples: usize,
    /// Delay of the encoder, in samples at 48 kHz.
    pre_skip: usize,
}

struct Encoder {
    opus: OpusEncoder,
    packet: Vec<u8>,
}

impl Ogg {
    /// Starts to write `file`, which must be empty.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let encoder = Encoder::new()?;
        let head = OpusHead::for_encoder(&encoder.opus, SAMPLE_RATE);
        let pre_skip = usize::from(head.pre_skip);
        let writer = OggOpusWriter::new(BufWriter::new(file), head).map_err(error)?;
        Ok(Self {
            encoder,
            writer,
            pending: Vec::new(),
            samples: 0,
            pre_skip,
        })
    }

    /// Appends interleaved samples. Complete pages of about a second are playable afterwards.
    pub(super) fn write(&mut self, both: &[i16]) -> io::Result<()> {
        self.samples += both.len() / 2;
        self.pending.extend_from_slice(both);
        let whole = self.pending.len() - self.pending.len() % (2 * PACKET);
        for block in self.pending[..whole].chunks_exact(2 * PACKET) {
            let packet = self.encoder.encode(block)?;
            self.writer.write_packet(packet).map_err(error)?;
        }
        self.pending.drain(..whole);
        self.writer.get_mut().map_or(Ok(()), Write::flush)
    }

    /// Completes the file, which then ends exactly at the last sample.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let end = self.pre_skip + self.samples * TICKS;
        loop {
            self.pending.resize(2 * PACKET, 0);
            let packet = self.encoder.encode(&self.pending)?;
            let left = end.saturating_sub(usize::try_from(self.writer.granule()).unwrap_or(0));
            if left <= PACKET * TICKS {
                let ticks = u32::try_from(left).map_err(io::Error::other)?;
                self.writer
                    .write_packet_with_duration(packet, ticks)
                    .map_err(error)?;
                let mut file = self.writer.finish().map_err(error)?;
                return file.flush();
            }
            self.writer.write_packet(packet).map_err(error)?;
            self.pending.clear();
        }
    }
}

/// Copies `from` to `to`, with packets of silence in place of `muted`. A packet contains both
/// sides, so both are muted.
pub(super) fn mute(from: &Path, to: File, muted: &[MutedSamples]) -> io::Result<()> {
    let silence = Encoder::new()?.silence()?;
    let mut reader = OggOpusReader::new(BufReader::new(File::open(from)?)).map_err(error)?;
    let head = reader.head().clone();
    let mut writer = OggOpusWriter::new(BufWriter::new(to), head).map_err(error)?;
    let mut index = 0u64;
    while let Some(packet) = reader.read_packet().map_err(error)? {
        // The delay of the encoder is less than a packet.
        let begins = index.saturating_sub(1) * PACKET as u64;
        let ends = (index + 1) * PACKET as u64;
        let hits = |it: &MutedSamples| it.samples.start < ends && begins < it.samples.end;
        let data = match muted.iter().any(hits) {
            true => &silence,
            false => &packet.data,
        };
        let trimmed = packet.page_granule - writer.granule();
        match u32::try_from(trimmed) {
            Ok(ticks) if packet.end_of_stream && (ticks as usize) < PACKET * TICKS => {
                writer
                    .write_packet_with_duration(data, ticks)
                    .map_err(error)?;
            }
            _ => writer.write_packet(data).map_err(error)?,
        }
        index += 1;
    }
    writer.finish().map_err(error)?.flush()
}

impl Encoder {
    fn new() -> io::Result<Self> {
        let rate = i32::try_from(SAMPLE_RATE).map_err(io::Error::other)?;
        let mut opus = OpusEncoder::new(rate, 2, Application::Voip).map_err(error)?;
        opus.bitrate_bps = BITRATE;
        opus.complexity = COMPLEXITY;
        opus.signal_type = Some(Signal::Voice);
        let packet = vec![0; MAX_PACKET_BYTES];
        Ok(Self { opus, packet })
    }

    /// Encodes 20 ms of interleaved samples.
    fn encode(&mut self, both: &[i16]) -> io::Result<&[u8]> {
        let encoded = self.opus.encode_s16(both, PACKET, &mut self.packet);
        Ok(&self.packet[..encoded.map_err(error)?])
    }

    fn silence(mut self) -> io::Result<Vec<u8>> {
        for _ in 0..AT_REST {
            self.encode(&[0; 2 * PACKET])?;
        }
        Ok(self.encode(&[0; 2 * PACKET])?.to_vec())
    }
}

fn error(error: Error) -> io::Error {
    io::Error::other(error.to_string())
}
