//! A distribution of lateness that forgets.

use super::time::MS;

/// Width of a bucket.
pub(super) const BUCKET: i64 = 10 * MS;
/// Later than this is not told apart: 2 s.
const BUCKETS: usize = 200;

/// Probabilities of lateness, of which recent ones weigh more.
#[derive(Debug)]
pub(super) struct Histogram {
    buckets: [f32; BUCKETS],
    added: f32,
    forget: f32,
}

impl Histogram {
    /// `forget` is the share of the past that remains with each addition, below 1.
    pub(super) fn new(forget: f32) -> Self {
        Self {
            buckets: [0.0; BUCKETS],
            added: 0.0,
            forget,
        }
    }

    /// Adds a lateness in ticks.
    pub(super) fn add(&mut self, lateness: i64) {
        // At first, all additions weigh the same.
        let forget = (1.0 - 1.0 / (self.added + 1.0)).min(self.forget);
        self.added = (self.added + 1.0).min(1e6);
        for bucket in &mut self.buckets {
            *bucket *= forget;
        }
        let index = usize::try_from(lateness / BUCKET).unwrap_or(0);
        self.buckets[index.min(BUCKETS - 1)] += 1.0 - forget;
    }

    /// Lateness that a share of the additions does not reach, or `None` before the first one.
    pub(super) fn quantile(&self, share: f32) -> Option<i64> {
        let mut beyond = 1.0 - share;
        (self.added > 0.0).then_some(())?;
        for (index, bucket) in self.buckets.iter().enumerate().rev() {
            beyond -= bucket;
            if beyond < 0.0 {
                return Some((index as i64 + 1) * BUCKET);
            }
        }
        Some(BUCKET)
    }

    /// Lateness from which on waiting longer costs more than what it saves, where a percent of loss is
    /// worth `percent` ticks of delay beyond `free`.
    pub(super) fn cheapest(&self, free: i64, percent: i64) -> i64 {
        let mut lost: f32 = self.buckets.iter().sum();
        let mut best = (f32::MAX, 0);
        for (index, bucket) in self.buckets.iter().enumerate() {
            lost -= bucket;
            let delay = index as i64 * BUCKET;
            let cost = (delay - free).max(0) as f32 + 100.0 * percent as f32 * lost.max(0.0);
            if cost < best.0 {
                best = (cost, index as i64);
            }
            if lost <= 0.0 {
                break;
            }
        }
        (best.1 + 1) * BUCKET
    }
}
