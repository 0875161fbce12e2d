//! A bench for [`Cells`] with simulated processes and a simulated clock.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::cells::{Action, CallUpdate, CellEvent, CellId, Cells, Event, Fact, Limits, Start};
use crate::conversation::Checkpoint;
use crate::conversation::tests::epoch;
use crate::dispatch::{Assignment, Job, JobResult, JobType};
use crate::ids::JobId;
use crate::secret::Secret;

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Bench {
    pub(super) now: Instant,
    pub(super) cells: Cells,
}

impl Bench {
    pub(super) fn new(limits: Limits) -> Self {
        let now = epoch();
        Self {
            now,
            cells: Cells::new(now, limits),
        }
    }

    /// A bench with `rooms_per_cell` and its spare cell ready.
    pub(super) fn of(rooms_per_cell: usize) -> Self {
        let mut bench = Self::new(Limits {
            rooms_per_cell,
            ..Limits::default()
        });
        assert_eq!(bench.actions(), [Action::Spawn(CellId(1))]);
        bench.ready(1);
        bench
    }

    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.cells.poll_action()).collect()
    }

    pub(super) fn on(&mut self, event: Event) -> Vec<Action> {
        self.cells.handle(self.now, event);
        self.actions()
    }

    pub(super) fn cell(&mut self, cell: u32, event: CellEvent) -> Vec<Action> {
        self.on(Event::Cell(CellId(cell), event))
    }

    pub(super) fn ready(&mut self, cell: u32) -> Vec<Action> {
        self.cell(cell, CellEvent::Ready)
    }

    pub(super) fn start(&mut self, job: &str) -> Vec<Action> {
        self.on(Event::Start(assignment(job)))
    }

    /// Starts a call, lets the agent join its room and makes the cells started for it ready.
    /// Returns the cell of the call.
    pub(super) fn call(&mut self, job: &str) -> u32 {
        let actions = self.start(job);
        let cell = cell_of(&actions, job).expect("a cell should take the call");
        self.cell(cell, CellEvent::Running(job.into()));
        for cell in spawned(&actions) {
            self.ready(cell);
        }
        cell
    }

    pub(super) fn killed(&mut self, cell: u32) -> Vec<Action> {
        self.cell(cell, CellEvent::Exited(Some("signal 9".to_owned())))
    }

    /// Ends a call and lets the agent leave its room.
    pub(super) fn over(&mut self, cell: u32, job: &str) -> Vec<Action> {
        self.cell(cell, CellEvent::Ended(job.into(), JobResult::Success));
        self.on(Event::Release(job.into()));
        self.cell(cell, CellEvent::Left(job.into()))
    }

    /// Advances the clock by `time`, handling each timeout when it is due.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Action> {
        let end = self.now + time;
        let mut actions = Vec::new();
        while let Some(at) = self.cells.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.cells.handle_timeout(self.now);
            actions.extend(self.actions());
        }
        self.now = end;
        actions
    }
}

pub(super) fn assignment(job: &str) -> Assignment {
    Assignment {
        job: Job {
            id: job.into(),
            job_type: JobType::Room,
            room: format!("room of {job}"),
            participant: None,
            dispatch_id: String::new(),
            metadata: String::new().into(),
            attributes: HashMap::new(),
            resuming: false,
        },
        url: None,
        token: Secret::new("first"),
    }
}

/// The cell in which these actions start `job`, and with what.
pub(super) fn started<'a>(actions: &'a [Action], job: &str) -> Option<(u32, &'a Start)> {
    actions.iter().find_map(|action| match action {
        Action::Start(cell, start) if start.assignment.job.id == job.into() => {
            Some((cell.0, start.as_ref()))
        }
        _ => None,
    })
}

pub(super) fn cell_of(actions: &[Action], job: &str) -> Option<u32> {
    started(actions, job).map(|(cell, _)| cell)
}

pub(super) fn spawned(actions: &[Action]) -> Vec<u32> {
    let spawned = actions.iter().filter_map(|action| match action {
        Action::Spawn(cell) => Some(cell.0),
        _ => None,
    });
    spawned.collect()
}

pub(super) fn updates(actions: &[Action]) -> Vec<CallUpdate> {
    let updates = actions.iter().filter_map(|action| match action {
        Action::CallUpdate(update) => Some(update.clone()),
        _ => None,
    });
    updates.collect()
}

pub(super) fn facts(actions: &[Action]) -> Vec<Fact> {
    let facts = actions.iter().filter_map(|action| match action {
        Action::Observe(fact) => Some(fact.clone()),
        _ => None,
    });
    facts.collect()
}

pub(super) fn checkpoint(caller: &str) -> Box<Checkpoint> {
    Box::new(Checkpoint {
        caller: Some(caller.into()),
        ..Checkpoint::default()
    })
}

pub(super) fn job(job: &str) -> JobId {
    job.into()
}
