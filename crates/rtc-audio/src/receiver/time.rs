//! One unit of time for all of the receiver: RTP ticks of 1/48,000 s, as `i64`, which do not wrap.

use std::time::Instant;

use crate::{RTP_CLOCK, TICKS_PER_SAMPLE};

/// Ticks in a millisecond.
pub(super) const MS: i64 = RTP_CLOCK as i64 / 1_000;

/// Ticks that a number of samples lasts.
pub(super) fn ticks(samples: usize) -> i64 {
    samples as i64 * i64::from(TICKS_PER_SAMPLE)
}

/// Whole samples in a number of ticks, of which there are not fewer than 0.
pub(super) fn samples(ticks: i64) -> usize {
    usize::try_from(ticks / i64::from(TICKS_PER_SAMPLE)).unwrap_or(0)
}

/// Turns instants into ticks since the first instant seen.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<Instant>);

impl Clock {
    pub(super) fn ticks(&mut self, now: Instant) -> i64 {
        let start = *self.0.get_or_insert(now);
        let micros = now.saturating_duration_since(start).as_micros();
        i64::try_from(micros * u128::from(RTP_CLOCK) / 1_000_000).unwrap_or(i64::MAX / 4)
    }
}

/// Continues a counter that wraps, of `BITS` bits: sequence numbers and timestamps of RTP.
#[derive(Debug)]
pub(super) struct Unwrapper<const BITS: u32>(i64);

impl<const BITS: u32> Unwrapper<BITS> {
    pub(super) fn new(first: u32) -> Self {
        Self(first.into())
    }

    /// The value nearest to the newest one that equals `value` in its lowest bits.
    pub(super) fn peek(&self, value: u32) -> i64 {
        let shift = 64 - BITS;
        let difference = i64::from(value).wrapping_sub(self.0) << shift >> shift;
        self.0 + difference
    }

    /// The newest value seen is `value`.
    pub(super) fn advance(&mut self, value: i64) {
        self.0 = self.0.max(value);
    }
}
