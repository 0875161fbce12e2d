//! A recording as a WAV file: stereo, 16 bit, 24 kHz.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use parlor_core::audio::SAMPLE_RATE;

use super::MutedSamples;
use crate::document::Speaker;

/// Bytes per frame: one sample of each side.
const BOTH: u64 = 4;

/// Number of frames that are muted at a time.
const BLOCK: u64 = 24_000;

/// A WAV file in progress.
pub(super) struct Wav(WavWriter<BufWriter<File>>);

impl Wav {
    /// Starts to write `file`, which must be empty.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let spec = WavSpec {
            channels: 2,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::new(BufWriter::new(file), spec).map_err(error)?;
        Ok(Self(writer))
    }

    /// Appends interleaved samples. Everything in the file is playable afterwards.
    pub(super) fn write(&mut self, both: &[i16]) -> io::Result<()> {
        let length = u32::try_from(both.len()).map_err(io::Error::other)?;
        let mut samples = self.0.get_i16_writer(length);
        both.iter().for_each(|sample| samples.write_sample(*sample));
        samples.flush().map_err(error)?;
        self.0.flush().map_err(error)
    }

    /// Completes the file.
    pub(super) fn finish(self) -> io::Result<()> {
        self.0.finalize().map_err(error)
    }
}

/// Mutes stretches of a complete file, each on its own side.
pub(super) fn mute(path: &Path, muted: &[MutedSamples]) -> io::Result<()> {
    let reader = WavReader::new(File::open(path)?).map_err(error)?;
    let frames = u64::from(reader.duration());
    let data = reader.into_inner().stream_position()?;
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    for MutedSamples { side, samples } in muted {
        let end = samples.end.min(frames);
        let mut from = samples.start;
        while from < end {
            let to = end.min(from + BLOCK);
            silence(&mut file, data, from..to, *side)?;
            from = to;
        }
    }
    file.flush()
}

fn silence(file: &mut File, data: u64, frames: Range<u64>, side: Speaker) -> io::Result<()> {
    let at = SeekFrom::Start(data + frames.start * BOTH);
    let length = (frames.end - frames.start) * BOTH;
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.seek(at)?;
    file.read_exact(&mut bytes)?;
    for both in bytes.chunks_exact_mut(BOTH as usize) {
        match side {
            Speaker::Caller => both[..2].fill(0),
            Speaker::Agent => both[2..].fill(0),
        }
    }
    file.seek(at)?;
    file.write_all(&bytes)
}

fn error(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        error => io::Error::other(error),
    }
}
