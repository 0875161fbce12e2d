//! The cells of a daemon as a state machine: which processes there are, which call is made in
//! which of them, and what becomes of the calls of one that dies. Processes and pipes are not
//! known here.
//!
//! Calls are spread: each goes to the ready cell that makes the fewest, and there is always one
//! cell more than the calls need, so that no call waits for a process to start. A call whose cell
//! dies goes on in another one from its last checkpoint. Until it has shown that it was not the
//! reason it shares a cell with no other such call, so that one bad call takes only itself along.

mod action;
mod call;
mod cell;
mod event;
mod failure;
mod placement;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::dispatch::{Assignment, JobResult};
use crate::ids::JobId;

use call::{Call, Stage as CallStage};
use cell::{Cell, Stage};

pub use action::{Action, Fact, Killed, Retired, Start, Told};
pub use event::{CellEvent, Event};

/// From the start of a process to a loaded native core.
pub const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long a call waits for a cell.
const PLACED_WITHIN: Duration = Duration::from_secs(10);

/// How often a cell says that it is alive.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);

/// Silence of a cell that is worth a warning, and again as long until it is killed.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// Between two cells that die before they are ready.
const RESPAWN_MIN: Duration = Duration::from_millis(500);
const RESPAWN_MAX: Duration = Duration::from_secs(10);

/// A process, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a cell may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls that it makes at once; at least 1.
    pub rooms_per_cell: usize,
    /// Calls that it makes in all; the native core keeps some memory of each.
    pub cell_calls: u32,
    /// Resident memory at which it is killed, in bytes. From four fifths of it on it takes no
    /// more calls.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms_per_cell: 8,
            cell_calls: 200,
            memory: 512 << 20,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// A cell is not ready, or says nothing.
    Cell(CellId),
    /// The next process may be started.
    Spawn,
    /// A call waits for a cell, or is innocent.
    Calls,
}

type Context = crate::context::Context<Timer, Action>;

/// All cells of a daemon and all their calls.
///
/// Driven like [`Dispatch`](crate::dispatch::Dispatch): one event or timeout, then `poll_action`
/// until `None`, then `poll_timeout`.
#[derive(Debug)]
pub struct Cells {
    limits: Limits,
    cx: Context,
    cells: BTreeMap<CellId, Cell>,
    calls: BTreeMap<JobId, Call>,
    /// Cells so far.
    spawned: u32,
    /// Cells in a row that died before they were ready, and when the last one did.
    stillborn: u32,
    stillborn_at: Option<Instant>,
    closed: bool,
}

impl Cells {
    /// No calls yet, and the first cell to be started.
    pub fn new(now: Instant, limits: Limits) -> Self {
        let mut cells = Self {
            limits: Limits {
                rooms_per_cell: limits.rooms_per_cell.max(1),
                cell_calls: limits.cell_calls.max(1),
                ..limits
            },
            cx: Context::new(now),
            cells: BTreeMap::new(),
            calls: BTreeMap::new(),
            spawned: 0,
            stillborn: 0,
            stillborn_at: None,
            closed: false,
        };
        cells.settle();
        cells
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Instant, event: Event) {
        self.cx.now = now;
        match event {
            Event::Start(assignment) => self.start(assignment),
            Event::Stop(job) => self.stop(&job, Action::Stop),
            Event::SayGoodbye(job) => self.stop(&job, Action::SayGoodbye),
            Event::Release(job) => self.release(job),
            Event::Close => self.close(),
            Event::Cell(cell, event) => self.cell(cell, event),
        }
        self.settle();
    }

    /// Takes in that the time of [`poll_timeout`](Self::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.cx.now = now;
        while let Some(timer) = self.cx.timers.take_expired(now) {
            match timer {
                Timer::Cell(cell) => self.overdue(cell),
                Timer::Calls => self.review(),
                Timer::Spawn => {}
            }
        }
        self.settle();
    }

    /// What to do next; `None` when all is done.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.cx.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.cx.timers.next().map(|(_, at)| at)
    }

    /// Whether some cell takes calls now.
    pub fn is_ready(&self) -> bool {
        self.cells.values().any(|cell| cell.stage == Stage::Ready)
    }

    fn start(&mut self, assignment: Assignment) {
        let job = assignment.job.id.clone();
        let start = Start {
            assignment,
            checkpoint: None,
        };
        let until = self.cx.now + PLACED_WITHIN;
        self.calls.insert(job, Call::new(start, until));
    }

    /// Has a call end in this way; one that no cell makes yet is over.
    fn stop(&mut self, job: &JobId, how: fn(CellId, JobId) -> Action) {
        let Some(call) = self.calls.get_mut(job) else {
            return;
        };
        match (call.stage, call.home) {
            (CallStage::Made | CallStage::Stopping, Some(cell)) => {
                call.stage = CallStage::Stopping;
                self.cx.act(how(cell, job.clone()));
            }
            (CallStage::Waiting(_), _) => {
                self.calls.remove(job);
                self.tell(Told::Ended(job.clone(), JobResult::Success));
            }
            _ => {}
        }
    }

    fn release(&mut self, job: JobId) {
        let home = self.calls.get(&job).and_then(|call| call.home);
        if let Some(cell) = home {
            self.cx.act(Action::Release(cell, job));
        }
    }

    fn close(&mut self) {
        self.closed = true;
        for cell in self.cells.values_mut().filter(|cell| cell.is_open()) {
            cell.stage = Stage::Retired;
        }
    }

    /// When the next process may be started, after one that was stillborn.
    fn respawn_delay(&self) -> Duration {
        let backoff = Backoff::new(RESPAWN_MIN, RESPAWN_MAX, Duration::MAX);
        let backoff = backoff.expect("the delays are in order");
        // There is one daemon on a machine: nobody comes at the same time.
        backoff.delay(self.stillborn.saturating_sub(1), 0.0)
    }

    fn tell(&mut self, told: Told) {
        self.cx.act(Action::Tell(told));
    }

    fn observe(&mut self, fact: Fact) {
        self.cx.act(Action::Observe(fact));
    }
}
