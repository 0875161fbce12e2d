//! The cell state machine with arbitrary behaviour of its processes and calls.

#![no_main]

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use parlor_core::cells::{Action, CallUpdate, CellEvent, CellId, Cells, Event, Limits};
use parlor_core::conversation::Checkpoint;
use parlor_core::dispatch::{Assignment, Job, JobResult, JobType};
use parlor_core::secret::Secret;

#[derive(Debug, Arbitrary)]
struct Script {
    rooms_per_cell: u8,
    cell_calls: u8,
    steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
enum Step {
    Pass(u16),
    Start,
    Stop(u8),
    Release(u8),
    Close,
    Ready(u8),
    Beat(u8, u8),
    Running(u8, u8),
    Checkpoint(u8, u8),
    Token(u8, u8),
    Ended(u8, u8),
    Left(u8, u8),
    Broken(u8, u8),
    Gone(u8),
    SayGoodbye(u8),
    Drain,
}

/// What the cells have done so far.
#[derive(Default)]
struct Seen {
    spawned: HashSet<CellId>,
    gone: HashSet<CellId>,
    ended: HashSet<String>,
}

impl Seen {
    fn see(&mut self, cells: &mut Cells) {
        while let Some(action) = cells.poll_action() {
            match action {
                Action::Spawn(cell) => assert!(self.spawned.insert(cell), "{cell} twice"),
                Action::Start(cell, _)
                | Action::Drain(cell)
                | Action::Stop(cell, _)
                | Action::SayGoodbye(cell, _)
                | Action::Release(cell, _) => {
                    self.is_there(cell);
                }
                Action::Close(cell) | Action::Kill(cell) => self.is_there(cell),
                Action::CallUpdate(CallUpdate::Ended(job, _)) => {
                    assert!(self.ended.insert(job.to_string()), "{job} ends twice");
                }
                _ => {}
            }
        }
    }

    fn is_there(&self, cell: CellId) {
        let is_there = self.spawned.contains(&cell) && !self.gone.contains(&cell);
        assert!(is_there, "cell {cell} is not there");
    }
}

fuzz_target!(|script: Script| {
    let mut now = Instant::now();
    let limits = Limits {
        rooms_per_cell: script.rooms_per_cell.into(),
        cell_calls: script.cell_calls.into(),
        memory: 200,
    };
    let (mut cells, mut seen, mut jobs) = (Cells::new(now, limits), Seen::default(), 0);
    seen.see(&mut cells);
    for step in script.steps {
        if let Step::Pass(time) = step {
            let until = now + Duration::from_millis(u64::from(time) * 10);
            while let Some(at) = cells.poll_timeout().filter(|at| *at <= until) {
                now = now.max(at);
                cells.handle_timeout(now);
                seen.see(&mut cells);
            }
            now = until;
            continue;
        }
        let event = event(step, &mut jobs);
        if let Event::Cell(cell, CellEvent::Exited(_)) = event {
            seen.gone.extend(seen.spawned.get(&cell));
        }
        cells.handle(now, event);
        seen.see(&mut cells);
    }
});

fn event(step: Step, jobs: &mut u32) -> Event {
    let name = |job: u8| format!("AJ_{job}").into();
    let of = |cell: u8, event| Event::Cell(CellId(u32::from(cell % 16)), event);
    match step {
        Step::Pass(_) | Step::Close => Event::Close,
        Step::Start => {
            *jobs += 1;
            Event::Start(assignment(format!("AJ_{jobs}")))
        }
        Step::Stop(job) => Event::Stop(name(job)),
        Step::Drain => Event::Drain,
        Step::SayGoodbye(job) => Event::SayGoodbye(name(job)),
        Step::Release(job) => Event::Release(name(job)),
        Step::Ready(cell) => of(cell, CellEvent::Ready),
        Step::Beat(cell, memory) => of(
            cell,
            CellEvent::Beat {
                memory: memory.into(),
            },
        ),
        Step::Running(cell, job) => of(cell, CellEvent::Running(name(job))),
        Step::Checkpoint(cell, job) => {
            let checkpoint = Box::new(Checkpoint::default());
            of(cell, CellEvent::Checkpoint(name(job), checkpoint))
        }
        Step::Token(cell, job) => of(cell, CellEvent::Token(name(job), Secret::new("token"))),
        Step::Ended(cell, job) => of(cell, CellEvent::Ended(name(job), JobResult::Success)),
        Step::Left(cell, job) => of(cell, CellEvent::Left(name(job))),
        Step::Broken(cell, job) => of(cell, CellEvent::Panicked(name(job))),
        Step::Gone(cell) => of(cell, CellEvent::Exited(None)),
    }
}

fn assignment(name: String) -> Assignment {
    Assignment {
        job: Job {
            id: name.into(),
            job_type: JobType::Room,
            room: "kitchen".to_owned(),
            participant: None,
            dispatch_id: String::new(),
            metadata: String::new().into(),
            attributes: HashMap::new(),
            resuming: false,
        },
        url: None,
        token: Secret::new("token"),
    }
}
