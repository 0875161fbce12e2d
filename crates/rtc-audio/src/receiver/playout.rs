//! Samples that are decoded and not yet taken, with a little of what was taken before them.

use super::stretch::{self, LONGEST, Noise};
use crate::SAMPLES_PER_10_MS;
use crate::codec::MAX_PACKET_SAMPLES;

/// Samples kept of the past, for the period before the next sample.
const PAST: usize = LONGEST;
/// Samples that have to be ready before some can be cut.
pub(super) const CUTTABLE: usize = 2 * LONGEST;
/// Length of the crossfade from what was concealed to what follows: 5 ms.
const OVERLAP: usize = SAMPLES_PER_10_MS / 2;

#[derive(Debug)]
pub(super) struct Playout {
    samples: Vec<i16>,
    head: usize,
    noise: Noise,
}

impl Playout {
    pub(super) fn new() -> Self {
        let mut samples = Vec::with_capacity(PAST + CUTTABLE + 2 * MAX_PACKET_SAMPLES);
        samples.resize(PAST, 0);
        Self {
            samples,
            head: PAST,
            noise: Noise::default(),
        }
    }

    /// Number of samples that can be taken.
    pub(super) fn ready(&self) -> usize {
        self.samples.len() - self.head
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        self.samples.extend_from_slice(samples);
    }

    /// Adds `count` samples of silence.
    pub(super) fn push_silence(&mut self, count: usize) {
        self.samples.resize(self.samples.len() + count, 0);
    }

    /// Adds `new`, which does not continue what is there, while `old` does. Takes as much of `old` as
    /// brings both into phase, and fades from one to the other. Returns how many samples that took.
    pub(super) fn join(&mut self, old: &[i16; SAMPLES_PER_10_MS], new: &[i16]) -> usize {
        if new.len() < OVERLAP {
            self.push(new);
            return 0;
        }
        let at = stretch::align(old, new, OVERLAP, SAMPLES_PER_10_MS - OVERLAP);
        self.push(&old[..at]);
        for i in 0..OVERLAP {
            self.samples
                .push(stretch::mix(old[at + i], new[i], i, OVERLAP));
        }
        self.push(&new[OVERLAP..]);
        at
    }

    /// Cuts a period, or a few if `fast`. Returns the number of samples cut.
    pub(super) fn accelerate(&mut self, fast: bool) -> usize {
        let future = &mut self.samples[self.head..];
        if future.len() < CUTTABLE {
            return 0;
        }
        let Some(count) = stretch::cut(future, fast, &self.noise) else {
            return 0;
        };
        stretch::cut_off(future, count);
        self.samples.truncate(self.samples.len() - count);
        count
    }

    /// Repeats a period. Returns the number of samples added.
    pub(super) fn decelerate(&mut self) -> usize {
        if self.ready() < LONGEST {
            return 0;
        }
        let head = self.head;
        let Some(count) = stretch::repeat(&self.samples, head, &self.noise) else {
            return 0;
        };
        let len = self.samples.len();
        self.samples.resize(len + count, 0);
        self.samples.copy_within(head..len, head + count);
        for i in 0..count {
            let (original, repeated) = (
                self.samples[head + count + i],
                self.samples[head + i - count],
            );
            self.samples[head + i] = stretch::mix(original, repeated, i, count);
        }
        count
    }

    /// Takes 10 ms. There are as many.
    pub(super) fn take(&mut self, out: &mut [i16; SAMPLES_PER_10_MS]) {
        let end = self.head + SAMPLES_PER_10_MS;
        out.copy_from_slice(&self.samples[self.head..end]);
        self.samples.drain(..end - PAST);
        self.head = PAST;
    }

    /// Listens to the noise behind the speech that was taken.
    pub(super) fn hear(&mut self, out: &[i16; SAMPLES_PER_10_MS]) {
        self.noise.hear(out);
    }
}
