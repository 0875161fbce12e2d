//! The cells of a worker as a state machine: which processes run, which of them handles each call,
//! and what happens to the calls of a cell that dies. Knows nothing of processes and pipes.
//!
//! Calls are spread: each goes to the ready cell with the fewest calls. There is always one more
//! cell than the calls need, so that no call waits for a process to start. A call whose cell dies
//! is resumed in another cell from its last checkpoint. Until it has run long enough to rule out
//! that it killed its cell, it does not share a cell with another such call, so that a faulty call
//! takes down only itself.

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

pub use action::{Action, CallUpdate, Fact, Killed, Retired, Start};
pub use event::{CellEvent, Event};

/// Deadline from the start of a cell process until it has loaded the native core.
pub const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long a call may wait for a cell.
const PLACED_WITHIN: Duration = Duration::from_secs(10);

/// Interval of the messages with which a cell says that it is alive.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);

/// How long a cell may be silent before a warning, and again before it is killed.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// Delays between restarts of cells that die before they are ready.
const RESPAWN_MIN: Duration = Duration::from_millis(500);
const RESPAWN_MAX: Duration = Duration::from_secs(10);

/// ID of a cell. Cells are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Limits of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum concurrent calls in a cell; at least 1.
    pub rooms_per_cell: usize,
    /// Maximum calls in the lifetime of a cell; at least 1. The native core retains some memory of
    /// each.
    pub cell_calls: u32,
    /// Resident memory, in bytes, at which a cell is killed. From four fifths of it on, the cell
    /// accepts no new calls.
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
    /// A cell is not ready in time, or silent.
    Cell(CellId),
    /// The next cell may be started.
    Spawn,
    /// A call has waited too long for a cell, or is no longer suspected of having killed one.
    Calls,
}

type Context = crate::context::Context<Timer, Action>;

/// All cells of a worker and their calls.
///
/// Driven like [`Dispatch`](crate::dispatch::Dispatch): pass in one event or timeout, call
/// `poll_action` until it returns `None`, then wait until `poll_timeout`.
#[derive(Debug)]
pub struct Cells {
    limits: Limits,
    cx: Context,
    cells: BTreeMap<CellId, Cell>,
    calls: BTreeMap<JobId, Call>,
    /// Number of cells started so far.
    spawned: u32,
    /// Consecutive cells that died before they were ready, and when the last one did.
    failed_starts: u32,
    last_failed_start: Option<Instant>,
    is_draining: bool,
    closed: bool,
}

impl Cells {
    /// Starts without calls. The first action starts the first cell.
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
            failed_starts: 0,
            last_failed_start: None,
            is_draining: false,
            closed: false,
        };
        cells.settle();
        cells
    }

    /// Handles an event.
    pub fn handle(&mut self, now: Instant, event: Event) {
        self.cx.now = now;
        match event {
            Event::Start(assignment) => self.start(assignment),
            Event::Drain => self.drain(),
            Event::Stop(job) => self.stop(&job, Action::Stop),
            Event::SayGoodbye(job) => self.stop(&job, Action::SayGoodbye),
            Event::Release(job) => self.release(job),
            Event::Close => self.close(),
            Event::Cell(cell, event) => self.cell(cell, event),
        }
        self.settle();
    }

    /// Handles the expiry of the deadline from [`poll_timeout`](Self::poll_timeout).
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

    /// The next action, or `None` if there is nothing left to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.cx.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), unless an event comes first.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.cx.timers.next().map(|(_, at)| at)
    }

    /// Whether a cell accepts calls.
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

    fn drain(&mut self) {
        self.is_draining = true;
        let cells: Vec<_> = self.cells.keys().copied().collect();
        for cell in cells {
            self.cx.act(Action::Drain(cell));
        }
    }

    /// Ends a call with the action `how`. A call that no cell handles yet is over at once.
    fn stop(&mut self, job: &JobId, how: fn(CellId, JobId) -> Action) {
        let Some(call) = self.calls.get_mut(job) else {
            return;
        };
        match (call.stage, call.cell) {
            (CallStage::Placed | CallStage::Stopping, Some(cell)) => {
                call.stage = CallStage::Stopping;
                self.cx.act(how(cell, job.clone()));
            }
            (CallStage::Waiting(_), _) => {
                self.calls.remove(job);
                self.report(CallUpdate::Ended(job.clone(), JobResult::Success));
            }
            _ => {}
        }
    }

    fn release(&mut self, job: JobId) {
        let cell = self.calls.get(&job).and_then(|call| call.cell);
        if let Some(cell) = cell {
            self.cx.act(Action::Release(cell, job));
        }
    }

    fn close(&mut self) {
        self.closed = true;
        for cell in self.cells.values_mut().filter(|cell| cell.is_open()) {
            cell.stage = Stage::Retired;
        }
    }

    /// Delay before the next cell is started, after one that died before it was ready.
    fn respawn_delay(&self) -> Duration {
        let backoff = Backoff::new(RESPAWN_MIN, RESPAWN_MAX, Duration::MAX);
        let backoff = backoff.expect("RESPAWN_MIN is at most RESPAWN_MAX");
        // One worker per machine: there is no need for jitter.
        backoff.delay(self.failed_starts.saturating_sub(1), 0.0)
    }

    fn report(&mut self, update: CallUpdate) {
        self.cx.act(Action::CallUpdate(update));
    }

    fn observe(&mut self, fact: Fact) {
        self.cx.act(Action::Observe(fact));
    }
}
