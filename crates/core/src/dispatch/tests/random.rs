//! Random events in random order; checks the invariants.

use std::collections::{HashMap, HashSet};

use super::harness::{Bench, SECOND, assignment, job, machine};
use crate::dispatch::{Action, Answer, Command, Event, JobResult, JobStatus, ServerEvent};
use crate::rng::{Rng, for_each_seed};

const SEEDS: u64 = 300;
const STEPS: usize = 300;
const SLOTS: usize = 3;

/// What the worker has done so far.
#[derive(Default)]
struct Seen {
    answers: HashMap<String, usize>,
    offers: HashMap<String, usize>,
    started: HashSet<String>,
    /// Final statuses that were sent, by job.
    finals: HashMap<String, usize>,
    released: HashSet<String>,
    finished: bool,
    registered: bool,
}

impl Seen {
    fn see(&mut self, action: &Action) {
        assert!(!self.finished, "{action:?} after the last action");
        match action {
            Action::Start(it) => {
                assert!(self.started.insert(it.job.id.to_string()), "started twice")
            }
            Action::Release(job) => {
                assert!(self.released.insert(job.to_string()), "released twice")
            }
            Action::Finish { .. } => self.finished = true,
            Action::Disconnect => self.registered = false,
            Action::Send(command) => self.hear(command),
            Action::Stop(job, _) => assert!(self.started.contains(job.as_str())),
            Action::Connect | Action::Drain | Action::Observe(_) => {}
        }
    }

    /// Every offer has an answer, and every call at most one end.
    fn check(&self) {
        for (id, offers) in &self.offers {
            assert_eq!(self.answers.get(id), Some(offers), "{id}");
        }
        for (id, finals) in &self.finals {
            assert_eq!(*finals, 1, "{id}");
        }
        for id in &self.released {
            assert!(self.started.contains(id), "{id}");
        }
    }

    fn hear(&mut self, command: &Command) {
        match command {
            Command::Register(_) => assert!(!self.registered),
            _ => assert!(self.registered, "{command:?} before the registration"),
        }
        match command {
            Command::Answer(Answer::Accept { job, .. } | Answer::Refuse { job, .. }) => {
                *self.answers.entry(job.to_string()).or_default() += 1;
            }
            Command::Job(job, JobStatus::Ended(_)) => {
                *self.finals.entry(job.to_string()).or_default() += 1;
            }
            Command::Status(status) => {
                assert!((0.0..=1.0).contains(&status.load));
                assert!(status.full || status.load < 0.7, "{status:?}");
                assert!(status.jobs as usize <= SLOTS, "{status:?}");
            }
            _ => {}
        }
    }
}

struct Run {
    rng: Rng,
    bench: Bench,
    seen: Seen,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            bench: Bench::registered(SLOTS),
            seen: Seen {
                registered: true,
                ..Seen::default()
            },
        }
    }

    /// Something random happens.
    fn step(&mut self, draining: bool) -> Vec<Action> {
        let id = format!("AJ_{}", self.rng.below(12));
        let is_over = self.seen.started.contains(&id) || self.seen.finals.contains_key(&id);
        let bench = &mut self.bench;
        match self.rng.below(if draining { 12 } else { 11 }) {
            0 | 1 if self.seen.registered => {
                *self.seen.offers.entry(id.clone()).or_default() += 1;
                bench.server(ServerEvent::Offer(job(&id)))
            }
            // The server assigns each job once.
            2 | 3 if self.seen.registered && !is_over => {
                bench.server(ServerEvent::Assigned(assignment(&id)))
            }
            4 => bench.on(Event::Running(id.as_str().into())),
            5 | 6 => bench.on(Event::Ended(id.as_str().into(), JobResult::Success)),
            7 if self.seen.registered => bench.server(ServerEvent::Terminated(id.as_str().into())),
            8 if self.rng.below(4) == 0 => {
                self.seen.registered = false;
                bench.on(Event::Lost("reset".to_owned()))
            }
            8 => bench.on(Event::Moved(id.as_str().into())),
            9 => {
                let load = self.rng.below(100) as f32 / 100.0;
                let mut actions = bench.pass(SECOND / 2);
                actions.extend(bench.on(Event::Load(machine(load))));
                actions
            }
            11 => bench.on(Event::Drain),
            _ => bench.pass(SECOND * self.rng.below(4) as u32),
        }
    }

    /// The server always accepts the connection and the registration.
    fn answer(&mut self, actions: &[Action]) {
        if !actions.contains(&Action::Connect) {
            return;
        }
        self.seen.registered = false;
        let hello = self.bench.on(Event::Opened);
        hello.iter().for_each(|action| self.seen.see(action));
        self.seen.registered = true;
        let worker_id = "AW_2".to_owned();
        let after = self.bench.server(ServerEvent::Registered { worker_id });
        after.iter().for_each(|action| self.seen.see(action));
    }

    fn go(mut self) {
        for step in 0..STEPS {
            let actions = self.step(step > STEPS * 3 / 4);
            actions.iter().for_each(|action| self.seen.see(action));
            self.answer(&actions);
            assert!(self.bench.dispatch.calls() <= SLOTS);
            if self.seen.finished {
                break;
            }
            let next = self.bench.dispatch.poll_timeout();
            assert!(next.is_some(), "no timer is set, so the worker is stuck");
        }
        self.seen.check();
    }
}

#[test]
fn invariants_hold_for_random_events() {
    for_each_seed(1..=SEEDS, |seed| Run::new(seed).go());
}
