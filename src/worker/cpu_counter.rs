//! A counter of CPU time, read again and again.

use std::time::{Duration, Instant};

/// Readings that make no sense for so long are right after all: the counter has started anew.
const ANEW_AFTER: Duration = Duration::from_secs(3);

/// How much faster than all cores together a counter may seem to go: ticks and batches.
const SLACK: f64 = 1.25;

/// A counter whose readings may step back and forth, as that of the root cgroup does on some
/// hypervisors.
///
/// A reading that the machine cannot have got to since the last good one is left out: one that is
/// lower, and one that all cores together could not reach. The next good one then tells of the
/// whole time since, so that nothing is lost or counted twice.
#[derive(Debug, Default)]
pub(super) struct Counter {
    good: Option<(Instant, Duration)>,
}

impl Counter {
    /// Takes in a reading; gives how many cores were busy since the last good one, of `cores` at
    /// most. The first reading gives nothing.
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
    use super::*;
    use crate::clock;

    const LOOK: Duration = Duration::from_millis(500);
    const CORES: f64 = 2.0;

    /// What comes of these readings, in hundredths of a second, read twice a second.
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
    fn a_steady_counter_gives_how_many_cores_are_busy() {
        let rates = rates(&[100, 150, 200, 300, 300]);
        assert_eq!(rates, [None, Some(1.0), Some(1.0), Some(2.0), Some(0.0)]);
    }

    #[test]
    fn a_step_back_is_left_out_and_the_next_reading_is_no_spike() {
        let rates = rates(&[1_000, 1_050, 900, 1_150, 1_200]);
        assert_eq!(rates, [None, Some(1.0), None, Some(1.0), Some(1.0)]);
    }

    #[test]
    fn a_step_forth_is_left_out_and_the_next_reading_is_no_lull() {
        let rates = rates(&[1_000, 1_050, 1_900, 1_150, 1_200]);
        assert_eq!(rates, [None, Some(1.0), None, Some(1.0), Some(1.0)]);
    }

    #[test]
    fn steps_back_and_forth_at_every_reading_change_nothing() {
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
    fn a_counter_that_starts_anew_is_followed_again_within_seconds() {
        let mut readings = vec![90_000, 90_050];
        readings.extend((0..12).map(|it| it * 50));
        let rates = rates(&readings);
        let unknown = rates.iter().skip(2).take_while(|it| it.is_none()).count();
        assert!(unknown <= 6, "{rates:?}");
        assert!(rates[2 + unknown..].iter().all(|it| *it == Some(1.0)));
    }

    #[test]
    fn two_readings_at_one_moment_change_nothing() {
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
            "time steps back"
        );
        assert_eq!(
            counter.read(now + 2 * LOOK, second + 2 * LOOK, CORES),
            Some(1.0)
        );
    }
}
