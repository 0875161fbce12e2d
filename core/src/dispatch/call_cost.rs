//! What a call costs: the share of the machine's CPU that one more call will take.

use super::slots::Slots;

/// Call-seconds that the first guess counts for.
const GUESS_WEIGHT: f32 = 30.0;

/// Call-seconds that are remembered: a minute of ten calls.
const MEMORY: f32 = 600.0;

/// Seconds after which a call that began or ended is mostly forgotten. Thirteen joins at once cost
/// 1.5 times the CPU of the calls that follow, for 6 s; a single one more, for a second or two.
const SETTLES: f32 = 4.0;

/// At most one call in so many may be about to begin, or have just begun or ended, for a sample
/// to say what a running call costs.
const SETTLED: f32 = 4.0;

/// From this load on calls get less CPU than they ask for, and look cheap.
const STARVED: f32 = 0.95;

/// The cheapest a call can be: CPU time is counted in hundredths of a second.
const CHEAPEST: f32 = 0.000_5;

/// The price of a call, learned from the CPU time of the worker's own processes.
///
/// It is a ratio of sums, CPU time over call time, so that a sample with many calls says more than
/// one with few and an idle night is not held against the calls.
#[derive(Debug)]
pub(super) struct CallCost {
    guess: f32,
    /// CPU time of settled calls, in seconds of the whole machine.
    cpu: f32,
    /// Time of settled calls, in seconds.
    calls: f32,
    /// Calls that have begun or ended of late.
    unsettled: f32,
}

impl CallCost {
    /// Until there is enough to learn from, a call is taken to need its slot's share of what the
    /// worker may use: whoever set the number of slots thought that so many fit.
    pub(super) fn new(usable: f32, slots: usize) -> Self {
        let guess = (usable / slots.max(1) as f32).clamp(CHEAPEST, 1.0);
        Self {
            guess,
            cpu: 0.0,
            calls: 0.0,
            unsettled: 0.0,
        }
    }

    /// A call has joined its room, or ended.
    pub(super) fn call_changed(&mut self) {
        self.unsettled += 1.0;
    }

    /// Takes in the load of `seconds`: of the machine, and of the worker's own processes.
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

    /// What one more call is expected to cost, as a share of the machine.
    pub(super) fn of_a_call(&self) -> f32 {
        let learned = self.cpu + self.guess * GUESS_WEIGHT;
        (learned / (self.calls + GUESS_WEIGHT)).clamp(CHEAPEST, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::tests::harness::slots;

    const LOOK: f32 = 0.5;

    fn learn(price: &mut CallCost, seconds: f32, own: f32, slots: &Slots) {
        for _ in 0..(seconds / LOOK) as usize {
            price.learn(LOOK, own + 0.2, own, slots);
        }
    }

    #[test]
    fn the_first_guess_is_a_slots_share() {
        let price = CallCost::new(0.8, 16);
        assert!((price.of_a_call() - 0.05).abs() < 1e-6);
    }

    #[test]
    fn running_calls_teach_what_a_call_costs() {
        let mut price = CallCost::new(0.7, 16);
        learn(&mut price, 60.0, 0.2, &slots(10, 0, 16));
        assert!((price.of_a_call() - 0.02).abs() < 2e-3, "{price:?}");
        // An agent that costs more from now on is noticed within a minute or two.
        learn(&mut price, 120.0, 0.4, &slots(10, 0, 16));
        assert!(price.of_a_call() > 0.035, "{price:?}");
    }

    #[test]
    fn what_the_rest_of_the_machine_does_is_not_the_calls_price() {
        let mut price = CallCost::new(0.7, 16);
        for _ in 0..240 {
            price.learn(LOOK, 0.9, 0.1, &slots(5, 0, 16));
        }
        assert!(price.of_a_call() < 0.023, "{price:?}");
    }

    #[test]
    fn calls_that_begin_or_end_teach_nothing_until_they_have_settled() {
        let mut price = CallCost::new(0.7, 10);
        let first = price.of_a_call();
        learn(&mut price, 10.0, 0.6, &slots(4, 6, 10));
        assert_eq!(price.of_a_call(), first, "they are on their way");
        (0..10).for_each(|_| price.call_changed());
        learn(&mut price, 5.0, 0.6, &slots(10, 0, 10));
        assert_eq!(price.of_a_call(), first, "they have just joined");
        learn(&mut price, 60.0, 0.3, &slots(10, 0, 10));
        assert!(price.of_a_call() < 0.04, "{price:?}");
    }

    #[test]
    fn an_idle_or_starved_machine_teaches_nothing() {
        let mut price = CallCost::new(0.7, 10);
        let first = price.of_a_call();
        learn(&mut price, 3_600.0, 0.01, &slots(0, 0, 10));
        for _ in 0..240 {
            price.learn(LOOK, 1.0, 0.05, &slots(10, 0, 10));
        }
        assert_eq!(price.of_a_call(), first);
    }

    #[test]
    fn a_price_stays_within_its_bounds() {
        let mut price = CallCost::new(0.7, 10_000);
        assert_eq!(price.of_a_call(), CHEAPEST);
        learn(&mut price, 600.0, 0.0, &slots(10, 0, 10));
        assert_eq!(price.of_a_call(), CHEAPEST);
    }
}
