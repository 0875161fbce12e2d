//! A rate computed from a CPU time counter that is not always monotonic.

use std::time::{Duration, Instant};

/// After this long, implausible readings are accepted: the counter has been reset.
const ANEW_AFTER: Duration = Duration::from_secs(3);

/// Factor by which a reading may exceed what all cores can use, because counters are updated in
/// ticks and batches.
const SLACK: f64 = 1.25;

/// A counter whose readings may jump back and forth, as that of the root cgroup does on some
/// hypervisors.
///
/// Ignores implausible readings: those lower than the last good one, and those that all cores
/// together could not have reached. The next good reading covers the whole time since the last one,
/// so nothing is lost or counted twice.
#[derive(Debug, Default)]
pub(super) struct Counter {
    good: Option<(Instant, Duration)>,
}

impl Counter {
    /// Adds a reading and returns how many cores were busy since the last good one, at most
    /// `cores`. Returns `None` for the first reading and for implausible ones.
    pub(super) fn read(&mut self, now: Instant, used: Duration, cores: f64) -> Option<f64> {
        let Some((then, before)) = self.good else {
            self.good = Some((now, used));
            return None;
        };
        let elapsed = now.saturating_duration_since(then);
        let busy = used.checked_sub(before);
        let busy = busy.map(|it| it.as_secs_f64() / elapsed.as_secs_f64());
        match busy.filter(|it| *it <= cores * SLACK) {
            Some(busy) => {
                self.good = Some((now, used));
                Some(busy.min(cores))
            }
            None => {
                if elapsed >= ANEW_AFTER {
                    self.good = Some((now, used));
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_common::clock;

    use super::*;

    const LOOK: Duration = Duration::from_millis(500);
    const CORES: f64 = 2.0;

    /// The rates computed from these readings, in hundredths of a second, taken twice a second.
    fn rates(readings: &[u64]) -> Vec<Option<f64>> {
        let mut counter = Counter::default();
        let mut now = clock::now();
        let mut read = |hundredths: &u64| {
            now += LOOK;
            let used = Duration::from_millis(hundredths * 10);
            let rate = counter.read(now, used, CORES)?;
            Some((rate * 1_000.0).round() / 1_000.0)
        };
        readings.iter().map(&mut read).collect()
    }

    #[test]
    fn a_steady_counter_yields_the_number_of_busy_cores() {
        let rates = rates(&[100, 150, 200, 300, 300]);
        assert_eq!(rates, [None, Some(1.0), Some(1.0), Some(2.0), Some(0.0)]);
    }

    #[test]
    fn a_step_back_is_ignored_and_causes_no_spike() {
        let rates = rates(&[1_000, 1_050, 900, 1_150, 1_200]);
        assert_eq!(rates, [None, Some(1.0), None, Some(1.0), Some(1.0)]);
    }

    #[test]
    fn a_step_forward_is_ignored_and_causes_no_dip() {
        let rates = rates(&[1_000, 1_050, 1_900, 1_150, 1_200]);
        assert_eq!(rates, [None, Some(1.0), None, Some(1.0), Some(1.0)]);
    }

    #[test]
    fn steps_back_and_forth_at_every_reading_do_not_change_the_rate() {
        let steady = (0..40).map(|it| 10_000 + it * 50);
        let steps = [0, 700, -300, 0, -9_000, 4_000];
        let stepped: Vec<_> = steady
            .zip(steps.into_iter().cycle())
            .map(|(at, step)| (at as i64 + step) as u64)
            .collect();
        let rates = rates(&stepped);
        let seen: Vec<_> = rates.into_iter().flatten().collect();
        assert!(seen.len() >= 12, "{seen:?}");
        assert!(seen.iter().all(|it| *it == 1.0), "{seen:?}");
    }

    #[test]
    fn a_counter_that_was_reset_is_followed_again_within_seconds() {
        let mut readings = vec![90_000, 90_050];
        readings.extend((0..12).map(|it| it * 50));
        let rates = rates(&readings);
        let unknown = rates.iter().skip(2).take_while(|it| it.is_none()).count();
        assert!(unknown <= 6, "{rates:?}");
        assert!(rates[2 + unknown..].iter().all(|it| *it == Some(1.0)));
    }

    #[test]
    fn two_readings_at_the_same_instant_yield_no_rate() {
        let mut counter = Counter::default();
        let now = clock::now();
        let second = Duration::from_secs(1);
        assert_eq!(counter.read(now, second, CORES), None);
        assert_eq!(counter.read(now, second, CORES), None);
        assert_eq!(counter.read(now, second + LOOK, CORES), None);
        assert_eq!(counter.read(now + LOOK, second + LOOK, CORES), Some(1.0));
        assert_eq!(
            counter.read(now, second + LOOK, CORES),
            None,
            "the counter steps back"
        );
        assert_eq!(
            counter.read(now + 2 * LOOK, second + 2 * LOOK, CORES),
            Some(1.0)
        );
    }
}
