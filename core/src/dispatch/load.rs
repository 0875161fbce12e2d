//! How loaded the worker says it is.

use super::slots::Slots;

/// The open-source server offers nothing to a worker from this load on, whatever its status
/// (`agents.target_load`).
const TARGET: f32 = 0.7;

/// What a worker with one slot left says at most.
const HIGHEST: f32 = 0.69;

/// The machine's load, and what the calls that begin will add to it.
#[derive(Debug)]
pub(super) struct Load {
    full_at: Option<f32>,
    machine: f32,
}

impl Load {
    pub(super) fn new(full_at: Option<f32>) -> Self {
        Self {
            full_at,
            machine: 0.0,
        }
    }

    /// Takes a sample in; what is no number from 0 to 1 counts as the nearest that is.
    pub(super) fn sample(&mut self, load: f32) {
        self.machine = if load.is_nan() {
            0.0
        } else {
            load.clamp(0.0, 1.0)
        };
    }

    /// Whether the machine has enough to do, with the calls that are about to begin.
    pub(super) fn is_enough(&self, slots: &Slots) -> bool {
        self.full_at
            .is_some_and(|full_at| self.expected(slots) >= full_at)
    }

    /// What the server is told: slots or machine, whichever is higher.
    pub(super) fn report(&self, slots: &Slots, is_full: bool) -> f32 {
        let machine = match self.full_at {
            Some(full_at) if full_at > 0.0 => self.expected(slots) / full_at,
            Some(_) => 1.0,
            None => 0.0,
        };
        let share = machine.max(slots.share()).clamp(0.0, 1.0);
        match is_full {
            true => share.max(TARGET),
            false => share * HIGHEST,
        }
    }

    /// Each call that begins will add as much as one that runs does.
    fn expected(&self, slots: &Slots) -> f32 {
        let running = slots.running();
        if running == 0 {
            return self.machine;
        }
        let each = self.machine / running as f32;
        self.machine + each * slots.to_come() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::tests::epoch;
    use crate::dispatch::tests::harness::job;

    fn slots(running: usize, reserved: usize, limit: usize) -> Slots {
        let mut slots = Slots::new(limit);
        for number in 0..running + reserved {
            let job = job(&format!("AJ_{number}"));
            assert!(slots.reserve(epoch(), &job));
            if number < running {
                assert!(slots.start(&job) && slots.run(&job.id));
            }
        }
        slots
    }

    #[test]
    fn below_the_target_while_there_is_a_slot() {
        let mut load = Load::new(Some(0.7));
        for sample in [0.0, 0.3, 0.69] {
            load.sample(sample);
            for jobs in 0..10 {
                let slots = slots(jobs, 0, 10);
                assert!(!load.is_enough(&slots));
                assert!(load.report(&slots, false) < TARGET);
            }
        }
        let last = load.report(&slots(9, 0, 10), false);
        assert!(last > 0.6, "{last}");
    }

    #[test]
    fn at_the_target_or_above_when_full() {
        let mut load = Load::new(Some(0.7));
        load.sample(0.1);
        assert!(load.report(&slots(1, 0, 10), true) >= TARGET);
        assert!((load.report(&slots(10, 0, 10), true) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn calls_that_begin_count_as_much_as_those_that_run() {
        let mut load = Load::new(Some(0.7));
        load.sample(0.5);
        assert!(!load.is_enough(&slots(5, 1, 20)));
        assert!(load.is_enough(&slots(5, 2, 20)));
    }

    #[test]
    fn without_a_threshold_only_slots_count() {
        let mut load = Load::new(None);
        load.sample(1.0);
        let slots = slots(1, 0, 10);
        assert!(!load.is_enough(&slots));
        assert!(load.report(&slots, false) < 0.1);
    }

    #[test]
    fn odd_samples_do_no_harm() {
        for odd in [f32::NAN, -1.0, 7.0, f32::INFINITY] {
            let mut load = Load::new(Some(0.7));
            load.sample(odd);
            let report = load.report(&slots(1, 1, 10), false);
            assert!((0.0..TARGET).contains(&report), "{odd}: {report}");
        }
    }
}
