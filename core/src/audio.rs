//! Audio as it passes through a call: mono, 24 kHz, 16-bit samples, in owned frames.

use std::fmt;
use std::time::Duration;

/// Samples a second, everywhere between the room and the agent.
pub const SAMPLE_RATE: u32 = 24_000;

/// Samples in 10 ms, the room's frame.
pub const SAMPLES_PER_10_MS: usize = 240;

/// Samples in 50 ms, the chunk that the Voice Agent API recommends.
pub const SAMPLES_PER_CHUNK: usize = 1_200;

/// The least [`loudness`] that counts as a sound: -45 dB.
pub const SOUND: u64 = 184;

/// Mono PCM16 at [`SAMPLE_RATE`]; owned, moved from edge to edge, never cloned.
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

    /// The samples, given away.
    pub fn into_samples(self) -> Vec<i16> {
        self.0
    }

    /// Whether there is a sound in it.
    pub fn is_sound(&self) -> bool {
        loudness(&self.0) >= SOUND
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        duration_of(self.0.len())
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} samples)", self.0.len())
    }
}

/// How long `samples` of mono audio last.
pub fn duration_of(samples: usize) -> Duration {
    let samples = u64::try_from(samples).unwrap_or(u64::MAX);
    Duration::from_nanos(samples.saturating_mul(1_000_000_000) / u64::from(SAMPLE_RATE))
}

/// The mean of the samples' sizes, 0 to 32768.
pub fn loudness(samples: &[i16]) -> u64 {
    let sum: u64 = samples.iter().map(|it| u64::from(it.unsigned_abs())).sum();
    sum / samples.len().max(1) as u64
}

/// Gathers the room's 10 ms frames into the agent's 50 ms chunks.
#[derive(Debug, Default)]
pub struct Chunker {
    pending: Vec<i16>,
}

impl Chunker {
    /// Appends `frame`; gives a chunk whenever [`SAMPLES_PER_CHUNK`] are there.
    ///
    /// A frame longer than a chunk makes one long chunk: nothing is held back.
    pub fn push(&mut self, frame: &Frame) -> Option<Frame> {
        self.pending.extend_from_slice(frame.samples());
        if self.pending.len() < SAMPLES_PER_CHUNK {
            return None;
        }
        let chunk = std::mem::replace(&mut self.pending, Vec::with_capacity(SAMPLES_PER_CHUNK));
        Some(Frame::new(chunk))
    }

    /// Forgets what is pending, so that no old audio starts a new session.
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
        let chunk = chunker.push(&frame).expect("the fifth frame completes it");
        assert_eq!(chunk.samples(), [7; SAMPLES_PER_CHUNK]);
        assert_eq!(chunk.duration(), Duration::from_millis(50));
        assert_eq!(chunker.push(&frame), None);
    }

    #[test]
    fn cleared_audio_is_gone() {
        let mut chunker = Chunker::default();
        chunker.push(&Frame::new(vec![1; SAMPLES_PER_CHUNK - 1]));
        chunker.clear();
        let chunk = chunker.push(&Frame::new(vec![2; SAMPLES_PER_CHUNK]));
        assert_eq!(chunk, Some(Frame::new(vec![2; SAMPLES_PER_CHUNK])));
    }
}
