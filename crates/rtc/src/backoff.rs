//! Delays between attempts to reconnect: exponential, capped, with jitter.

use std::time::Duration;

/// First delay: that of LiveKit's Rust SDK.
const BASE: Duration = Duration::from_millis(300);
/// Longest delay: that of LiveKit's Rust SDK.
const CAP: Duration = Duration::from_secs(7);

/// Pseudo-random numbers for jitter and for the first values of RTP streams (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// Delay before attempt `attempt`, counted from 0. The first is immediate; each later one is half
/// of its longest value plus a random part of the other half.
pub(crate) fn delay(attempt: u32, random: &mut Random) -> Duration {
    let Some(doublings) = attempt.checked_sub(1) else {
        return Duration::ZERO;
    };
    let longest = 2u32
        .checked_pow(doublings)
        .and_then(|factor| BASE.checked_mul(factor))
        .map_or(CAP, |delay| delay.min(CAP));
    let unit = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
    longest.mul_f64(0.5 + unit / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_cap_and_keep_their_jitter() {
        let mut random = Random::new(1);
        assert_eq!(delay(0, &mut random), Duration::ZERO);
        for _ in 0..1_000 {
            let first = delay(1, &mut random);
            assert!((BASE / 2..=BASE).contains(&first), "{first:?}");
            let late = delay(u32::MAX, &mut random);
            assert!((CAP / 2..=CAP).contains(&late), "{late:?}");
        }
    }
}
