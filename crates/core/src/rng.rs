//! Deterministic pseudo-random numbers for tests: the same seed gives the same sequence.

use std::ops::RangeInclusive;
use std::panic::catch_unwind;

/// Marsaglia's xorshift generator.
pub(crate) struct Rng(u64);

impl Rng {
    /// Creates a generator from `seed`, which must not be 0.
    pub(crate) fn new(seed: u64) -> Self {
        assert_ne!(seed, 0, "xorshift needs a seed other than 0");
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number from 0 to `bound` - 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// True with a probability of 1 in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A random element of `all`, which must not be empty.
    pub(crate) fn any<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// Calls `run` with each seed. A panic message starts with the seed that caused it.
pub(crate) fn for_each_seed<T>(seeds: RangeInclusive<u64>, run: fn(u64) -> T) -> Vec<T> {
    let runs = seeds.map(|seed| {
        catch_unwind(|| run(seed)).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            panic!("seed {seed}: {}", text.unwrap_or("panicked"))
        })
    });
    runs.collect()
}
