//! The load of the machine: whether more calls fit, and the load reported to the server.
//!
//! Calls that begin together saturate a small machine for seconds, and a job that is refused in
//! that time may be lost. So the worker stops accepting jobs because of a sustained load, not
//! because of a single sample. The sustained load follows the samples slowly upwards and quickly
//! downwards, and calls that are not part of it yet are added at the expected cost of a call.

use std::time::{Duration, Instant};

use super::call_cost::CallCost;
use super::slots::Slots;
use super::{Capacity, Sample};

/// The open-source server offers a worker no jobs from this load on, whatever the worker's status
/// (`agents.target_load`).
const TARGET: f32 = 0.7;

/// Highest load that a worker with a free slot reports.
const HIGHEST: f32 = 0.69;

/// Time constant of the recent load, in seconds: about the 2.5 s of LiveKit's own SDKs.
const RECENT: f32 = 1.25;

/// Time constant, in seconds, with which the sustained load rises towards the recent load. An idle
/// machine that becomes saturated reaches 0.7 after 24 s. Thirteen callers who join on two cores
/// that also run the server are offered within a second, and saturate the machine for 6 s.
const RISES: f32 = 20.0;

/// Time constant, in seconds, with which the sustained load falls: a machine that becomes idle
/// counts as idle within a few seconds.
const FALLS: f32 = 2.0;

/// How far a load must fall below its limit before jobs are accepted again, as a share of the
/// limit.
const MARGIN: f32 = 0.1;

/// Share of the load limit below which the machine is idle enough to fill all its slots.
const IDLE: f32 = 0.5;

/// Age from which on samples are ignored.
const STALE: Duration = Duration::from_secs(30);

/// The load of the machine, and the expected load of calls that are starting.
#[derive(Debug)]
pub(super) struct Load {
    full_at: Option<f32>,
    call_cost: CallCost,
    sampled: Instant,
    recent: Option<Level>,
    sustained: Level,
    /// The sustained load has reached the limit.
    is_saturated: bool,
    /// The machine is busy, and calls that are starting will need the rest of it.
    is_promised: bool,
}

/// A load, and the number of calls that are part of it.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    machine: f32,
    calls: f32,
}

impl Load {
    pub(super) fn new(now: Instant, full_at: Option<f32>, slots: usize) -> Self {
        Self {
            full_at,
            call_cost: CallCost::new(full_at.unwrap_or(1.0), slots),
            sampled: now,
            recent: None,
            sustained: Level::default(),
            is_saturated: false,
            is_promised: false,
        }
    }

    /// Notes that a call has joined its room or ended.
    pub(super) fn call_changed(&mut self) {
        self.call_cost.call_changed();
    }

    /// Adds a sample. Values outside 0 to 1 are clamped; NaN counts as 0.
    pub(super) fn sample(&mut self, now: Instant, sample: Sample, slots: &Slots) {
        let seconds = now.saturating_duration_since(self.sampled).as_secs_f32();
        self.sampled = now;
        let new = Level {
            machine: share(sample.machine),
            calls: slots.taken() as f32,
        };
        if let Some(own) = sample.own {
            self.call_cost
                .learn(seconds, new.machine, share(own), slots);
        }
        let recent = self.recent.get_or_insert(new);
        recent.follow(new, seconds / RECENT, seconds / RECENT);
        let smooth = Level {
            machine: recent.machine,
            ..new
        };
        self.sustained
            .follow(smooth, seconds / RISES, seconds / FALLS);
    }

    /// Decides again whether the machine is too busy for more calls.
    pub(super) fn judge(&mut self, now: Instant, slots: &Slots) {
        if now.saturating_duration_since(self.sampled) > STALE {
            self.recent = None;
            self.sustained = Level::default();
        }
        let Some(full_at) = self.full_at else { return };
        let reaches = |load: f32, limit: f32, is_over: bool| match is_over {
            true => load >= limit * (1.0 - MARGIN),
            false => load >= limit,
        };
        let (sustained, expected) = (self.sustained.machine, self.expected(slots));
        self.is_saturated = reaches(sustained, full_at, self.is_saturated);
        // The range above the threshold is reserved for calls that begin together.
        self.is_promised = reaches(sustained, full_at * IDLE, self.is_promised)
            && reaches(expected, 1.0, self.is_promised);
    }

    /// Whether the machine is too busy for more calls.
    pub(super) fn is_enough(&self) -> bool {
        self.is_saturated || self.is_promised
    }

    /// The load to report to the server: that of the slots or of the machine, whichever is higher.
    pub(super) fn report(&self, slots: &Slots, is_full: bool) -> f32 {
        let recent = self.recent.unwrap_or_default();
        let machine = match self.full_at {
            Some(full_at) if full_at > 0.0 => {
                recent.with(slots, self.call_cost.estimate()) / full_at
            }
            Some(_) => 1.0,
            None => 0.0,
        };
        let share = machine.max(slots.share()).clamp(0.0, 1.0);
        match is_full {
            true => share.max(TARGET),
            false => share * HIGHEST,
        }
    }

    /// The figures behind the decision.
    pub(super) fn capacity(&self, slots: &Slots) -> Capacity {
        Capacity {
            full: None,
            sustained: self.sustained.machine,
            expected: self.expected(slots),
            full_at: self.full_at,
            call_cost: self.call_cost.estimate(),
            taken: slots.taken(),
            slots: slots.limit(),
        }
    }

    /// Expected load. The sustained load ignores short peaks from joins, and the recent load
    /// depends less on the estimated cost of a call: the lower of the two is used.
    fn expected(&self, slots: &Slots) -> f32 {
        let call_cost = self.call_cost.estimate();
        let recent = self.recent.unwrap_or_default();
        f32::min(
            self.sustained.with(slots, call_cost),
            recent.with(slots, call_cost),
        )
    }
}

impl Level {
    /// Moves towards `new`; `up` and `down` are the elapsed time in time constants.
    fn follow(&mut self, new: Self, up: f32, down: f32) {
        let follow = |old: f32, new: f32| {
            let times = if new > old { up } else { down };
            new + (old - new) * (-times).exp()
        };
        self.machine = follow(self.machine, new.machine);
        self.calls = follow(self.calls, new.calls);
    }

    /// The load once calls that are starting are part of it, and calls that have ended are not.
    fn with(&self, slots: &Slots, call_cost: f32) -> f32 {
        let to_come = slots.taken() as f32 - self.calls;
        (self.machine + call_cost * to_come).max(0.0)
    }
}

fn share(load: f32) -> f32 {
    if load.is_nan() {
        0.0
    } else {
        load.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::tests::epoch;
    use crate::dispatch::tests::harness::{SECOND, machine, slots};

    const LOOK: Duration = Duration::from_millis(500);

    /// A [`Load`] that gets two samples per second.
    struct Looked {
        now: Instant,
        load: Load,
    }

    impl Looked {
        fn new(full_at: Option<f32>, slots: usize) -> Self {
            let now = epoch();
            let load = Load::new(now, full_at, slots);
            Self { now, load }
        }

        fn look(&mut self, sample: f32, slots: &Slots) {
            self.now += LOOK;
            self.load.sample(self.now, machine(sample), slots);
            self.load.judge(self.now, slots);
        }

        /// How long it takes until the machine is, or no longer is, too busy for more calls.
        fn time_until(&mut self, is_enough: bool, sample: f32, slots: &Slots) -> Duration {
            let from = self.now;
            while self.load.is_enough() != is_enough {
                self.look(sample, slots);
                assert!(self.now < from + 1_000 * SECOND, "never");
            }
            self.now - from
        }

        fn is_enough(&mut self, slots: &Slots) -> bool {
            self.load.judge(self.now, slots);
            self.load.is_enough()
        }
    }

    #[test]
    fn reports_less_than_the_target_while_a_slot_is_free() {
        let mut looked = Looked::new(Some(0.7), 10);
        for sample in [0.0, 0.3, 0.69] {
            for jobs in 0..10 {
                let slots = slots(jobs, 0, 10);
                looked.look(sample, &slots);
                assert!(!looked.load.is_enough());
                assert!(looked.load.report(&slots, false) < TARGET);
            }
        }
        let last = looked.load.report(&slots(9, 0, 10), false);
        assert!(last > 0.6, "{last}");
    }

    #[test]
    fn reports_at_least_the_target_when_full() {
        let mut looked = Looked::new(Some(0.7), 10);
        looked.look(0.1, &slots(1, 0, 10));
        assert!(looked.load.report(&slots(1, 0, 10), true) >= TARGET);
        assert!((looked.load.report(&slots(10, 0, 10), true) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn only_a_sustained_load_stops_new_calls() {
        let slots = slots(4, 0, 10);
        let mut looked = Looked::new(Some(0.7), 10);
        let saturated = looked.time_until(true, 1.0, &slots);
        assert!(
            saturated > 20 * SECOND && saturated < 30 * SECOND,
            "{saturated:?}"
        );
        let free = looked.time_until(false, 0.1, &slots);
        assert!(free < 3 * SECOND, "{free:?}");

        let mut looked = Looked::new(Some(0.7), 10);
        for _ in 0..100 {
            for sample in [1.0, 1.0, 1.0, 0.2, 0.2, 0.2] {
                looked.look(sample, &slots);
                assert!(!looked.load.is_enough(), "{looked:?}", looked = looked.load);
            }
        }
    }

    #[test]
    fn a_load_around_the_threshold_does_not_flap() {
        let slots = slots(4, 0, 10);
        let mut looked = Looked::new(Some(0.7), 10);
        looked.time_until(true, 0.75, &slots);
        for sample in [0.66, 0.72].repeat(100) {
            looked.look(sample, &slots);
            assert!(looked.load.is_enough());
        }
        looked.time_until(false, 0.6, &slots);
    }

    #[test]
    fn an_idle_machine_accepts_a_burst_that_fills_its_slots() {
        let mut looked = Looked::new(Some(0.7), 64);
        looked.look(0.2, &slots(0, 0, 64));
        for promised in 0..64 {
            assert!(!looked.is_enough(&slots(0, promised, 64)), "{promised}");
        }
    }

    #[test]
    fn a_busy_machine_accepts_only_the_calls_that_fit() {
        // Each call is expected to cost 0.035.
        for (load, fit) in [(0.5, 15), (0.69, 9)] {
            let mut looked = Looked::new(Some(0.7), 20);
            for _ in 0..200 {
                looked.look(load, &slots(5, 0, 20));
            }
            let fits = (0..15).take_while(|it| !looked.is_enough(&slots(5, *it, 20)));
            assert_eq!(fits.count(), fit);
        }
    }

    #[test]
    fn calls_that_end_make_room_immediately() {
        let mut looked = Looked::new(Some(0.7), 20);
        for _ in 0..200 {
            looked.look(0.66, &slots(8, 0, 20));
        }
        assert!(looked.is_enough(&slots(8, 12, 20)));
        assert!(!looked.is_enough(&slots(4, 8, 20)));
    }

    #[test]
    fn without_a_threshold_only_slots_limit_calls() {
        let mut looked = Looked::new(None, 10);
        let slots = slots(1, 0, 10);
        for _ in 0..200 {
            looked.look(1.0, &slots);
        }
        assert!(!looked.load.is_enough());
        assert!(looked.load.report(&slots, false) < 0.1);
    }

    #[test]
    fn stale_samples_are_ignored() {
        let slots = slots(1, 0, 10);
        let mut looked = Looked::new(Some(0.7), 10);
        looked.time_until(true, 1.0, &slots);
        looked.now += STALE;
        assert!(looked.is_enough(&slots));
        looked.now += LOOK;
        assert!(!looked.is_enough(&slots));
    }

    #[test]
    fn invalid_samples_are_clamped() {
        for odd in [f32::NAN, -1.0, 7.0, f32::INFINITY] {
            let mut looked = Looked::new(Some(0.7), 10);
            let slots = slots(1, 1, 10);
            let own = Some(odd);
            let sample = Sample { machine: odd, own };
            looked.load.sample(looked.now + LOOK, sample, &slots);
            let report = looked.load.report(&slots, false);
            assert!((0.0..TARGET).contains(&report), "{odd}: {report}");
            let capacity = looked.load.capacity(&slots);
            assert!((0.0..=1.0).contains(&capacity.sustained), "{capacity:?}");
            assert!((0.0..=1.0).contains(&capacity.call_cost), "{capacity:?}");
        }
    }
}
