//! Audio frames of a call: mono, 24 kHz, 16-bit samples, in owned buffers.

use std::fmt;
use std::time::Duration;

/// Samples per second, everywhere between the room and the Voice Agent API.
pub const SAMPLE_RATE: u32 = 24_000;

/// Samples in 10 ms, the length of a LiveKit audio frame.
pub const SAMPLES_PER_10_MS: usize = 240;

/// Samples in 50 ms, the chunk length that the Voice Agent API recommends.
pub const SAMPLES_PER_CHUNK: usize = 1_200;

/// [`loudness`] from which a frame counts as sound: -45 dB.
pub const SOUND: u64 = 184;

/// Mono PCM16 at [`SAMPLE_RATE`]. Owned and moved from input to output, never cloned.
#[derive(PartialEq, Eq, Default)]
pub struct Frame(Vec<i16>);

impl Frame {
    /// Wraps samples of mono PCM16 at [`SAMPLE_RATE`].
    pub fn new(samples: Vec<i16>) -> Self {
        Self(samples)
    }

    /// The samples.
    pub fn samples(&self) -> &[i16] {
        &self.0
    }

    /// Returns the samples, consuming the frame.
    pub fn into_samples(self) -> Vec<i16> {
        self.0
    }

    /// Whether the frame contains sound: its [`loudness`] is at least [`SOUND`].
    pub fn is_sound(&self) -> bool {
        loudness(&self.0) >= SOUND
    }

    /// Duration of the frame.
    pub fn duration(&self) -> Duration {
        duration_of(self.0.len())
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} samples)", self.0.len())
    }
}

/// Duration of `samples` samples of mono audio at [`SAMPLE_RATE`].
pub fn duration_of(samples: usize) -> Duration {
    let samples = u64::try_from(samples).unwrap_or(u64::MAX);
    Duration::from_nanos(samples.saturating_mul(1_000_000_000) / u64::from(SAMPLE_RATE))
}

/// Mean absolute value of the samples, 0 to 32768.
pub fn loudness(samples: &[i16]) -> u64 {
    let sum: u64 = samples.iter().map(|it| u64::from(it.unsigned_abs())).sum();
    sum / samples.len().max(1) as u64
}

/// Collects the room's 10 ms frames into 50 ms chunks for the Voice Agent API.
#[derive(Debug, Default)]
pub struct Chunker {
    pending: Vec<i16>,
}

impl Chunker {
    /// Appends `frame` and returns a chunk once at least [`SAMPLES_PER_CHUNK`] samples are
    /// buffered.
    ///
    /// The chunk contains everything that is buffered, so a frame longer than a chunk makes one
    /// long chunk.
    pub fn push(&mut self, frame: &Frame) -> Option<Frame> {
        self.pending.extend_from_slice(frame.samples());
        if self.pending.len() < SAMPLES_PER_CHUNK {
            return None;
        }
        let chunk = std::mem::replace(&mut self.pending, Vec::with_capacity(SAMPLES_PER_CHUNK));
        Some(Frame::new(chunk))
    }

    /// Drops the buffered samples, so that a new session does not start with old audio.
    pub fn clear(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_frames_make_a_chunk() {
        let mut chunker = Chunker::default();
        let frame = Frame::new(vec![7; SAMPLES_PER_10_MS]);
        for _ in 0..4 {
            assert_eq!(chunker.push(&frame), None);
        }
        let chunk = chunker
            .push(&frame)
            .expect("the fifth frame completes the chunk");
        assert_eq!(chunk.samples(), [7; SAMPLES_PER_CHUNK]);
        assert_eq!(chunk.duration(), Duration::from_millis(50));
        assert_eq!(chunker.push(&frame), None);
    }

    #[test]
    fn clear_drops_buffered_audio() {
        let mut chunker = Chunker::default();
        chunker.push(&Frame::new(vec![1; SAMPLES_PER_CHUNK - 1]));
        chunker.clear();
        let chunk = chunker.push(&Frame::new(vec![2; SAMPLES_PER_CHUNK]));
        assert_eq!(chunk, Some(Frame::new(vec![2; SAMPLES_PER_CHUNK])));
    }
}
