//! How long to wait before trying again. Randomness is an argument.

use std::time::Duration;

/// Delays that double from `min` up to `max`, until `budget` is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    budget: Duration,
}

/// The numbers make no sense together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBackoff {
    /// Without a delay, trying again is a busy loop.
    #[error("the shortest delay must be more than nothing")]
    NoDelay,
    /// The delays would shrink.
    #[error("the shortest delay must not be longer than the longest")]
    MinOverMax,
    /// There would be no second try.
    #[error("the budget must not be shorter than the shortest delay")]
    NoBudget,
}

impl Backoff {
    /// The part of a delay that is left to chance, so that many callers do not come at once.
    const JITTER: f64 = 0.25;

    /// Delays from `min` to `max`, for `budget` in all.
    ///
    /// # Errors
    /// [`InvalidBackoff`] says which numbers do not fit.
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

    /// The delay before try `attempt`, counted from 0 for the first one after a failure.
    ///
    /// `unit_random` in `0.0..1.0` takes up to a quarter off; the delay is at least a quarter
    /// less than `min` and at most `max`.
    pub fn delay(&self, attempt: u32, unit_random: f64) -> Duration {
        let doubled = 2u32
            .checked_pow(attempt)
            .and_then(|factor| self.min.checked_mul(factor));
        let longest = doubled.map_or(self.max, |delay| delay.min(self.max));
        let chance = if unit_random.is_finite() {
            unit_random.clamp(0.0, 1.0)
        } else {
            0.0
        };
        longest.mul_f64(1.0 - Self::JITTER * chance)
    }

    /// Whether there is time for a wait of `delay` after `elapsed` since the first failure.
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
    fn delays_double_up_to_the_longest() {
        let delays: Vec<_> = (0..7)
            .map(|attempt| backoff().delay(attempt, 0.0))
            .collect();
        let expected = [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].map(MS);
        assert_eq!(delays, expected);
        assert_eq!(backoff().delay(u32::MAX, 0.0), MS(5_000));
    }

    #[test]
    fn chance_takes_up_to_a_quarter() {
        assert_eq!(backoff().delay(2, 0.5), MS(875));
        assert_eq!(backoff().delay(2, 1.0), MS(750));
        for odd in [-1.0, 7.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let delay = backoff().delay(2, odd);
            assert!((MS(750)..=MS(1_000)).contains(&delay), "{odd}: {delay:?}");
        }
    }

    #[test]
    fn the_budget_ends_it() {
        assert!(backoff().allows(MS(24_000), MS(1_000)));
        assert!(!backoff().allows(MS(24_000), MS(1_001)));
        assert!(!backoff().allows(Duration::MAX, Duration::MAX));
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
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
