//! Exponential backoff with jitter. The caller supplies the random number.

use std::time::Duration;

/// Delays that double from `min` up to `max`, until `budget` is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    budget: Duration,
}

/// Error of [`Backoff::new`]: the durations contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBackoff {
    /// The minimum delay is zero, so retries would run in a busy loop.
    #[error("the minimum delay must be greater than zero")]
    NoDelay,
    /// The minimum delay is longer than the maximum delay.
    #[error("the minimum delay must not exceed the maximum delay")]
    MinOverMax,
    /// The budget is shorter than the minimum delay, so there would be no retry.
    #[error("the retry budget must be at least as long as the minimum delay")]
    NoBudget,
}

impl Backoff {
    /// Largest share of a delay that jitter may remove, so that many clients do not retry together.
    const JITTER: f64 = 0.25;

    /// Creates a backoff with delays from `min` to `max`, for `budget` in total.
    ///
    /// # Errors
    /// Returns an [`InvalidBackoff`] that says which durations contradict each other.
    pub fn new(min: Duration, max: Duration, budget: Duration) -> Result<Self, InvalidBackoff> {
        if min.is_zero() {
            return Err(InvalidBackoff::NoDelay);
        }
        if min > max {
            return Err(InvalidBackoff::MinOverMax);
        }
        if budget < min {
            return Err(InvalidBackoff::NoBudget);
        }
        Ok(Self { min, max, budget })
    }

    /// The delay before retry `attempt`, counted from 0 for the first retry after a failure.
    ///
    /// `unit_random` in `0.0..=1.0` shortens the delay by up to a quarter. The result is at least
    /// three quarters of `min` and at most `max`; a value that is not finite counts as 0.
    pub fn delay(&self, attempt: u32, unit_random: f64) -> Duration {
        let doubled = 2u32
            .checked_pow(attempt)
            .and_then(|factor| self.min.checked_mul(factor));
        let longest = doubled.map_or(self.max, |delay| delay.min(self.max));
        let fraction = if unit_random.is_finite() {
            unit_random.clamp(0.0, 1.0)
        } else {
            0.0
        };
        longest.mul_f64(1.0 - Self::JITTER * fraction)
    }

    /// Whether a wait of `delay` fits into the budget, `elapsed` after the first failure.
    pub fn allows(&self, elapsed: Duration, delay: Duration) -> bool {
        elapsed.saturating_add(delay) <= self.budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn backoff() -> Backoff {
        Backoff::new(MS(250), MS(5_000), MS(25_000)).unwrap()
    }

    #[test]
    fn delays_double_up_to_the_maximum() {
        let delays: Vec<_> = (0..7)
            .map(|attempt| backoff().delay(attempt, 0.0))
            .collect();
        let expected = [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].map(MS);
        assert_eq!(delays, expected);
        assert_eq!(backoff().delay(u32::MAX, 0.0), MS(5_000));
    }

    #[test]
    fn jitter_shortens_a_delay_by_up_to_a_quarter() {
        assert_eq!(backoff().delay(2, 0.5), MS(875));
        assert_eq!(backoff().delay(2, 1.0), MS(750));
        for odd in [-1.0, 7.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let delay = backoff().delay(2, odd);
            assert!((MS(750)..=MS(1_000)).contains(&delay), "{odd}: {delay:?}");
        }
    }

    #[test]
    fn retries_end_with_the_budget() {
        assert!(backoff().allows(MS(24_000), MS(1_000)));
        assert!(!backoff().allows(MS(24_000), MS(1_001)));
        assert!(!backoff().allows(Duration::MAX, Duration::MAX));
    }

    #[test]
    fn contradictory_durations_are_refused() {
        let zero = Backoff::new(MS(0), MS(1), MS(1));
        assert_eq!(zero, Err(InvalidBackoff::NoDelay));
        assert_eq!(
            Backoff::new(MS(2), MS(1), MS(9)),
            Err(InvalidBackoff::MinOverMax)
        );
        assert_eq!(
            Backoff::new(MS(2), MS(3), MS(1)),
            Err(InvalidBackoff::NoBudget)
        );
    }
}
