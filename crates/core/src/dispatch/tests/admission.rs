//! Jobs are accepted while slots are free and the machine has capacity, whatever happened before.

use std::collections::BTreeMap;
use std::time::Duration;

use super::harness::{Bench, SECOND, assignment, facts, job, sent, statuses};
use crate::dispatch::slots::ASSIGNED_WITHIN;
use crate::dispatch::{
    Action, Answer, Capacity, Command, Event, Fact, JobResult, Refusal, Sample, ServerEvent,
    Settings, Status,
};
use crate::rng::{Rng, for_each_seed};

const SEEDS: u64 = 300;
const STEPS: usize = 300;
const LOOK: Duration = Duration::from_millis(500);

/// The default threshold, and the load below which a worker that was full accepts jobs again.
const FULL_AT: f32 = 0.7;
const AGAIN_BELOW: f32 = 0.63;

/// How long the load must stay below the threshold until the worker accepts jobs again.
const SETTLED: Duration = Duration::from_secs(15);

/// Thirteen callers who join at the same moment, second by second, as measured on two cores: the
/// CPU, in cores, of server, callers and worker together, and that of the worker alone.
const BURST: [(f32, f32); 16] = [
    (0.00, 0.00),
    (1.89, 0.85),
    (1.78, 0.81),
    (1.83, 0.78),
    (1.65, 0.71),
    (1.84, 0.79),
    (1.47, 0.53),
    (1.46, 0.54),
    (1.57, 0.56),
    (1.59, 0.58),
    (1.48, 0.54),
    (1.53, 0.56),
    (1.44, 0.58),
    (1.56, 0.62),
    (1.64, 0.63),
    (1.46, 0.59),
];

/// A call as the server sees it.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Promised,
    Starting,
    Running,
}

/// A worker, what the server knows of it, and a machine with random load.
struct Run {
    rng: Rng,
    bench: Bench,
    slots: usize,
    calls: BTreeMap<String, Stage>,
    offers: usize,
    last_status: Option<Status>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let slots = 1 + Rng::new(seed).below(40);
        Self::with_slots(seed, slots)
    }

    fn with_slots(seed: u64, slots: usize) -> Self {
        let mut bench = Bench::new(Settings {
            slots,
            ..Settings::default()
        });
        bench.actions();
        let last_status = bench.register().into_iter().find_map(status);
        Self {
            rng: Rng::new(seed),
            bench,
            slots,
            calls: BTreeMap::new(),
            offers: 0,
            last_status,
        }
    }

    fn see(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Observe(Fact::NotAssigned(job)) => drop(self.calls.remove(job.as_str())),
                Action::Observe(Fact::Capacity(it)) => {
                    assert_eq!((it.slots, it.full_at), (self.slots, Some(FULL_AT)));
                    assert!(it.taken <= self.slots, "{it:?}");
                    let numbers = [it.sustained, it.expected, it.call_cost];
                    assert!(numbers.iter().all(|it| it.is_finite() && *it >= 0.0));
                }
                _ => {}
            }
        }
        if let Some(status) = statuses(actions).last() {
            assert!(status.full || status.load < 0.7, "{status:?}");
            assert!(!status.full || status.load >= 0.7, "{status:?}");
            self.last_status = Some(*status);
        }
        assert!(self.calls.len() <= self.slots, "more calls than slots");
    }

    /// The server offers a job. Returns the worker's answer.
    fn offer(&mut self) -> Result<(), Capacity> {
        self.offers += 1;
        let id = format!("AJ_{}", self.offers);
        let was_full = self.last_status.is_some_and(|it| it.full);
        let actions = self.bench.server(ServerEvent::Offer(job(&id)));
        let is_taken = matches!(sent(&actions)[0], Command::Answer(Answer::Accept { .. }));
        assert_eq!(
            is_taken, !was_full,
            "the answer contradicts the last status report"
        );
        if is_taken {
            self.calls.insert(id, Stage::Promised);
            self.see(&actions);
            return Ok(());
        }
        self.see(&actions);
        let facts = facts(&actions);
        let [
            Fact::Capacity(capacity),
            Fact::Answered(_, Err(refusal)),
            ..,
        ] = facts[..]
        else {
            panic!("{facts:?}")
        };
        assert_eq!(capacity.full, Some(*refusal));
        match refusal {
            Refusal::NoSlot => assert_eq!(self.calls.len(), self.slots),
            Refusal::Load => assert!(self.calls.len() < self.slots),
            other => panic!("{other:?}"),
        }
        Err(*capacity)
    }

    fn any(&mut self, stage: Stage) -> Option<String> {
        let of_stage = self.calls.iter().filter(|(_, it)| **it == stage);
        let of_stage: Vec<_> = of_stage.map(|(id, _)| id.clone()).collect();
        (!of_stage.is_empty()).then(|| self.rng.any(&of_stage))
    }

    fn assign(&mut self, id: String) {
        let actions = self.bench.server(ServerEvent::Assigned(assignment(&id)));
        self.calls.insert(id, Stage::Starting);
        self.see(&actions);
    }

    fn run(&mut self, id: String) {
        let actions = self.bench.on(Event::Running(id.as_str().into()));
        self.calls.insert(id, Stage::Running);
        self.see(&actions);
    }

    fn end(&mut self, id: &str) {
        self.calls.remove(id);
        let actions = self.bench.on(Event::Ended(id.into(), JobResult::Success));
        self.see(&actions);
    }

    /// Samples the machine after half a second.
    fn look(&mut self, machine: f32, own: Option<f32>) {
        let passed = self.bench.pass(LOOK);
        self.see(&passed);
        let looked = self.bench.on(Event::Load(Sample { machine, own }));
        self.see(&looked);
    }

    fn looks(&mut self, machine: f32, time: Duration) {
        for _ in 0..time.as_millis() / LOOK.as_millis() {
            self.look(machine, None);
        }
    }

    /// Samples a machine with a random load for a while.
    fn some_looks(&mut self) {
        let level = self.rng.below(101) as f32 / 100.0;
        let is_odd = self.rng.once_in(10);
        for _ in 0..self.rng.below(40) {
            let noise = self.rng.below(21) as f32 / 100.0 - 0.1;
            let own = self.rng.below(101) as f32 / 100.0;
            let own = (!self.rng.once_in(4)).then_some(own * level);
            let odd = self.rng.any(&[f32::NAN, f32::INFINITY, -3.0, 9.0]);
            self.look(if is_odd { odd } else { level + noise }, own);
        }
    }

    fn step(&mut self) {
        match self.rng.below(12) {
            0 => {
                for _ in 0..self.rng.below(20) {
                    self.offer().ok();
                }
            }
            1 => drop(self.offer()),
            2..=4 => {
                if let Some(id) = self.any(Stage::Promised) {
                    self.assign(id);
                }
            }
            5 | 6 => {
                if let Some(id) = self.any(Stage::Starting) {
                    self.run(id);
                }
            }
            7 => {
                if let Some(id) = self.any(Stage::Running) {
                    self.end(&id);
                }
            }
            8 => {
                if let Some(id) = self.any(Stage::Promised) {
                    let id = id.as_str().into();
                    let actions = self.bench.server(ServerEvent::Terminated(id));
                    self.see(&actions);
                }
            }
            9 => {
                let passed = self.bench.pass(SECOND * self.rng.below(12) as u32);
                self.see(&passed);
            }
            _ => self.some_looks(),
        }
    }

    /// Assigns all reserved jobs and lets their agents join.
    fn settle(&mut self) {
        while let Some(id) = self.any(Stage::Promised) {
            self.assign(id);
        }
        while let Some(id) = self.any(Stage::Starting) {
            self.run(id);
        }
    }

    fn end_all(&mut self) {
        let calls: Vec<_> = self.calls.keys().cloned().collect();
        calls.iter().for_each(|id| self.end(id));
    }
}

fn status(command: Command) -> Option<Status> {
    match command {
        Command::Status(status) => Some(status),
        _ => None,
    }
}

#[test]
fn an_offer_is_accepted_with_a_free_slot_and_a_load_below_the_threshold() {
    let refused = for_each_seed(1..=SEEDS, |seed| {
        let mut run = Run::new(seed);
        let mut refused = 0;
        for _ in 0..STEPS {
            run.step();
            if !run.rng.once_in(20) {
                continue;
            }
            run.settle();
            // Free a slot, as a call may have taken the last one.
            if run.calls.len() == run.slots {
                let id = run.any(Stage::Running).unwrap();
                run.end(&id);
            }
            refused += usize::from(run.last_status.unwrap().full);
            let load = run.rng.below(63) as f32 / 100.0;
            assert!(load < AGAIN_BELOW);
            run.looks(load, SETTLED);
            assert!(
                !run.last_status.unwrap().full,
                "load {load}: the server was not told"
            );
            let answer = run.offer();
            assert_eq!(answer, Ok(()), "load {load}, {} calls", run.calls.len());
        }
        refused
    });
    assert!(
        refused.iter().sum::<usize>() > 100,
        "no worker was ever full"
    );
}

#[test]
fn an_idle_worker_accepts_offers_for_all_its_slots_at_once() {
    for_each_seed(1..=SEEDS, |seed| {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step();
        }
        run.settle();
        run.end_all();
        let load = run.rng.below(30) as f32 / 100.0;
        run.looks(load, SETTLED);
        assert!(
            !run.last_status.unwrap().full,
            "the worker is stuck at full"
        );
        for number in 1..=run.slots {
            assert_eq!(run.offer(), Ok(()), "offer {number} of {}", run.slots);
        }
        assert!(run.offer().is_err() && run.last_status.unwrap().full);
        // None of the offered jobs is assigned.
        let passed = run.bench.pass(ASSIGNED_WITHIN);
        run.see(&passed);
        assert!(run.calls.is_empty() && !run.last_status.unwrap().full);
        assert_eq!(run.offer(), Ok(()));
    });
}

#[test]
fn a_saturated_machine_accepts_no_more_jobs() {
    for_each_seed(1..=SEEDS, |seed| {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step();
        }
        run.settle();
        let load = 0.8 + run.rng.below(21) as f32 / 100.0;
        run.looks(load, SECOND * 60);
        assert!(run.offer().is_err() && run.last_status.unwrap().full);
    });
}

#[test]
fn an_offer_is_refused_only_for_lack_of_slots_or_for_actual_load() {
    for_each_seed(1..=SEEDS, |seed| {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step();
            if let Err(capacity) = run.offer() {
                let is_full = capacity.taken == capacity.slots;
                let is_busy = capacity.sustained >= AGAIN_BELOW
                    || (capacity.sustained >= 0.3 && capacity.expected >= 0.89);
                assert!(is_full || is_busy, "{capacity:?}");
            }
        }
    });
}

#[test]
fn thirteen_simultaneous_callers_are_accepted_and_the_cost_of_a_call_is_learned() {
    let mut run = Run::with_slots(7, 16);
    run.looks(0.1, SECOND * 60);
    for (second, (machine, own)) in BURST.into_iter().enumerate() {
        if second == 1 {
            (0..13).for_each(|_| assert_eq!(run.offer(), Ok(())));
        }
        if second == 4 {
            run.settle();
        }
        for _ in 0..2 {
            run.look(machine / 2.0, Some(own / 2.0));
            assert!(!run.last_status.unwrap().full, "second {second}");
        }
    }
    (0..3).for_each(|_| assert_eq!(run.offer(), Ok(())));
    let full = run.offer().unwrap_err();
    assert_eq!(full.full, Some(Refusal::NoSlot));
    // The calls cost 0.0225 each; the initial estimate, 0.044, still counts a little.
    assert!((0.022..0.03).contains(&full.call_cost), "{full:?}");
}
