//! Estimates the cost of a call: the share of the machine's CPU that one more call will need.

use super::slots::Slots;

/// Weight of the initial estimate, in call-seconds.
const GUESS_WEIGHT: f32 = 30.0;

/// Call-seconds that are remembered: one minute of ten calls.
const MEMORY: f32 = 600.0;

/// Time constant, in seconds, after which a call that began or ended no longer disturbs the
/// estimate. Thirteen callers who join together cost 1.5 times the CPU of the calls that follow,
/// for 6 s; a single additional caller does for a second or two.
const SETTLES: f32 = 4.0;

/// A sample counts only if at most one in this many calls is about to begin, or has just begun or
/// ended.
const SETTLED: f32 = 4.0;

/// Load from which on calls get less CPU than they need, and so look too cheap.
const STARVED: f32 = 0.95;

/// Lower bound of the estimate: CPU time is measured in hundredths of a second.
const CHEAPEST: f32 = 0.000_5;

/// The cost of a call, learned from the CPU time of the worker's own processes.
///
/// It is a ratio of sums, CPU time over call time. So a sample with many calls counts more than one
/// with few, and an idle night does not count at all.
#[derive(Debug)]
pub(super) struct CallCost {
    guess: f32,
    /// CPU time of settled calls, in seconds of the whole machine.
    cpu: f32,
    /// Duration of settled calls, in seconds.
    calls: f32,
    /// Number of calls that have begun or ended recently, decaying over time.
    unsettled: f32,
}

impl CallCost {
    /// Starts from the assumption that a call needs an equal share of the usable CPU: whoever
    /// configured `slots` expected that many calls to fit.
    pub(super) fn new(usable: f32, slots: usize) -> Self {
        let guess = (usable / slots.max(1) as f32).clamp(CHEAPEST, 1.0);
        Self {
            guess,
            cpu: 0.0,
            calls: 0.0,
            unsettled: 0.0,
        }
    }

    /// Notes that a call has joined its room or ended.
    pub(super) fn call_changed(&mut self) {
        self.unsettled += 1.0;
    }

    /// Adds a sample that covers `seconds`: the load of the machine and of the worker's own
    /// processes.
    pub(super) fn learn(&mut self, seconds: f32, machine: f32, own: f32, slots: &Slots) {
        self.unsettled *= (-seconds / SETTLES).exp();
        let running = slots.running() as f32;
        let unsettled = self.unsettled + slots.to_come() as f32;
        if running == 0.0 || unsettled * SETTLED > running || machine >= STARVED {
            return;
        }
        self.cpu += own * seconds;
        self.calls += running * seconds;
        if self.calls > MEMORY {
            self.cpu *= MEMORY / self.calls;
            self.calls = MEMORY;
        }
    }

    /// Expected load of one more call, as a share of the machine's CPU.
    pub(super) fn estimate(&self) -> f32 {
        let learned = self.cpu + self.guess * GUESS_WEIGHT;
        (learned / (self.calls + GUESS_WEIGHT)).clamp(CHEAPEST, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::tests::harness::slots;

    const LOOK: f32 = 0.5;

    fn learn(cost: &mut CallCost, seconds: f32, own: f32, slots: &Slots) {
        for _ in 0..(seconds / LOOK) as usize {
            cost.learn(LOOK, own + 0.2, own, slots);
        }
    }

    #[test]
    fn the_initial_estimate_is_an_equal_share_per_slot() {
        let cost = CallCost::new(0.8, 16);
        assert!((cost.estimate() - 0.05).abs() < 1e-6);
    }

    #[test]
    fn the_estimate_follows_the_cost_of_running_calls() {
        let mut cost = CallCost::new(0.7, 16);
        learn(&mut cost, 60.0, 0.2, &slots(10, 0, 16));
        assert!((cost.estimate() - 0.02).abs() < 2e-3, "{cost:?}");
        // An agent that becomes more expensive is noticed within a minute or two.
        learn(&mut cost, 120.0, 0.4, &slots(10, 0, 16));
        assert!(cost.estimate() > 0.035, "{cost:?}");
    }

    #[test]
    fn load_of_other_processes_is_not_counted() {
        let mut cost = CallCost::new(0.7, 16);
        for _ in 0..240 {
            cost.learn(LOOK, 0.9, 0.1, &slots(5, 0, 16));
        }
        assert!(cost.estimate() < 0.023, "{cost:?}");
    }

    #[test]
    fn samples_around_the_start_or_end_of_calls_are_ignored() {
        let mut cost = CallCost::new(0.7, 10);
        let first = cost.estimate();
        learn(&mut cost, 10.0, 0.6, &slots(4, 6, 10));
        assert_eq!(cost.estimate(), first, "the calls are about to begin");
        (0..10).for_each(|_| cost.call_changed());
        learn(&mut cost, 5.0, 0.6, &slots(10, 0, 10));
        assert_eq!(cost.estimate(), first, "the calls have just begun");
        learn(&mut cost, 60.0, 0.3, &slots(10, 0, 10));
        assert!(cost.estimate() < 0.04, "{cost:?}");
    }

    #[test]
    fn samples_of_an_idle_or_starved_machine_are_ignored() {
        let mut cost = CallCost::new(0.7, 10);
        let first = cost.estimate();
        learn(&mut cost, 3_600.0, 0.01, &slots(0, 0, 10));
        for _ in 0..240 {
            cost.learn(LOOK, 1.0, 0.05, &slots(10, 0, 10));
        }
        assert_eq!(cost.estimate(), first);
    }

    #[test]
    fn the_estimate_has_a_lower_bound() {
        let mut cost = CallCost::new(0.7, 10_000);
        assert_eq!(cost.estimate(), CHEAPEST);
        learn(&mut cost, 600.0, 0.0, &slots(10, 0, 10));
        assert_eq!(cost.estimate(), CHEAPEST);
    }
}
