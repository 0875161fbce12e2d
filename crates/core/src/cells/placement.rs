//! Decides which cells run, and which cell handles each call.

use std::time::Instant;

use super::call::{Call, Stage as CallStage};
use super::cell::{Cell, Stage};
use super::{Action, CallUpdate, CellId, Cells, Fact, Retired, Timer};
use crate::dispatch::JobResult;
use crate::ids::JobId;

/// Idle cells kept in addition to the spare one, so that one call more or less starts no process.
const SURPLUS: usize = 1;

impl Cells {
    /// Assigns waiting calls to cells, starts cells that will be needed and closes those that are
    /// not needed.
    pub(super) fn settle(&mut self) {
        self.place();
        if !self.closed {
            self.grow();
        }
        self.shrink();
        self.set_calls_timer();
    }

    /// The calls of a cell, including those that are leaving their rooms.
    pub(super) fn calls_in(&self, cell: CellId) -> impl Iterator<Item = &Call> {
        let is_in_cell = move |call: &&Call| call.cell == Some(cell);
        self.calls.values().filter(is_in_cell)
    }

    /// Lets a cell accept no new calls and exit when it has none.
    pub(super) fn retire(&mut self, cell: CellId, why: Retired) {
        if let Some(retired) = self.cells.get_mut(&cell)
            && retired.stage == Stage::Ready
        {
            retired.stage = Stage::Retired;
            self.observe(Fact::Retired(cell, why));
        }
    }

    /// Handles expired deadlines of calls.
    pub(super) fn review(&mut self) {
        let now = self.cx.now;
        for call in self.calls.values_mut() {
            if call.cleared.take_if(|at| *at <= now).is_some() {
                call.deaths = 0;
            }
        }
        let is_late = |call: &Call| matches!(call.stage, CallStage::Waiting(until) if until <= now);
        let late = self.calls.iter().filter(|(_, call)| is_late(call));
        let late: Vec<_> = late.map(|(job, _)| job.clone()).collect();
        for job in late {
            self.calls.remove(&job);
            let failed =
                JobResult::Failed("no process became available for the call in time".to_owned());
            self.report(CallUpdate::Ended(job, failed));
        }
    }

    fn place(&mut self) {
        for job in self.waiting() {
            let is_suspect = self.calls.get(&job).is_some_and(Call::is_suspect);
            if let Some(cell) = self.best(is_suspect) {
                self.give(cell, job);
            }
        }
    }

    fn waiting(&self) -> Vec<JobId> {
        let calls = self.calls.iter();
        let waiting = calls.filter(|(_, call)| call.is_waiting());
        waiting.map(|(job, _)| job.clone()).collect()
    }

    /// The ready cell with the fewest calls; the oldest such cell if there are several.
    fn best(&self, for_suspect: bool) -> Option<CellId> {
        let load = |cell: &&Cell| self.calls_in(cell.id).count();
        let fits = |cell: &&Cell| {
            let is_safe = !for_suspect || !self.calls_in(cell.id).any(Call::is_suspect);
            is_safe && cell.has_room(load(cell), &self.limits)
        };
        let cells = self.cells.values().filter(fits);
        cells.min_by_key(load).map(|cell| cell.id)
    }

    fn give(&mut self, cell: CellId, job: JobId) {
        let (Some(target), Some(call)) = (self.cells.get_mut(&cell), self.calls.get_mut(&job))
        else {
            return;
        };
        call.cell = Some(cell);
        call.stage = CallStage::Placed;
        target.given += 1;
        let is_worn = target.given >= self.limits.cell_calls;
        self.cx
            .act(Action::Start(cell, Box::new(call.start.clone())));
        if is_worn {
            self.retire(cell, Retired::Calls);
        }
    }

    /// Starts cells: one more than the calls need, and one for each waiting call that needs its
    /// own.
    fn grow(&mut self) {
        let open = self.open().count();
        let suspects = |call: &&Call| call.is_waiting() && call.is_suspect();
        let alone = self.calls.values().filter(suspects).count();
        let starting = |cell: &&Cell| cell.stage == Stage::Starting;
        let starting = self.cells.values().filter(starting).count();
        let missing = self.wanted().saturating_sub(open);
        for _ in 0..missing.max(alone.saturating_sub(starting)) {
            if self.failed_starts > 0 && !self.take_respawn() {
                return;
            }
            self.spawn();
        }
    }

    /// Whether a new cell may be started after one that died before it was ready.
    fn take_respawn(&mut self) -> bool {
        if self.open().any(|cell| cell.stage == Stage::Starting) {
            return false;
        }
        let due = self.last_failed_start.map(|at| at + self.respawn_delay());
        match due {
            Some(due) if due > self.cx.now => {
                self.cx.timers.set(Timer::Spawn, due);
                false
            }
            _ => true,
        }
    }

    fn spawn(&mut self) {
        self.spawned += 1;
        let id = CellId(self.spawned);
        self.cells.insert(id, Cell::new(id, self.cx.now));
        self.cx.within(Timer::Cell(id), super::READY_WITHIN);
        self.cx.act(Action::Spawn(id));
        if self.is_draining {
            self.cx.act(Action::Drain(id));
        }
    }

    /// Closes retired cells without calls, and idle cells that are not needed.
    fn shrink(&mut self) {
        let surplus = self.open().count().saturating_sub(self.wanted() + SURPLUS);
        let idle = self.idle(Stage::Ready).rev().take(surplus);
        let done: Vec<_> = self.idle(Stage::Retired).chain(idle).collect();
        for cell in done {
            if let Some(cell) = self.cells.get_mut(&cell) {
                cell.stage = Stage::Closing;
                self.cx.act(Action::Close(cell.id));
            }
        }
    }

    /// Cells in `stage` that have no calls, the oldest first.
    fn idle(&self, stage: Stage) -> impl DoubleEndedIterator<Item = CellId> {
        let is_idle =
            move |cell: &&Cell| cell.stage == stage && self.calls_in(cell.id).next().is_none();
        self.cells.values().filter(is_idle).map(|cell| cell.id)
    }

    /// Cells needed for waiting calls and the calls of open cells, and a spare one.
    fn wanted(&self) -> usize {
        let is_open = |call: &&Call| {
            let cell = call.cell.and_then(|cell| self.cells.get(&cell));
            cell.is_none_or(Cell::is_open)
        };
        let calls = self.calls.values().filter(is_open).count();
        calls.div_ceil(self.limits.rooms_per_cell) + 1
    }

    fn open(&self) -> impl Iterator<Item = &Cell> {
        self.cells.values().filter(|cell| cell.is_open())
    }

    fn set_calls_timer(&mut self) {
        let due = |call: &Call| match call.stage {
            CallStage::Waiting(until) => Some(until),
            _ => call.cleared,
        };
        let next: Option<Instant> = self.calls.values().filter_map(due).min();
        self.cx.at(Timer::Calls, next);
    }
}
