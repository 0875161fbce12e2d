//! Handles messages from cells, and cells that hang, grow too big or die.

use std::time::Duration;

use super::call::{Call, Stage as CallStage};
use super::cell::Stage;
use super::{
    Action, CallUpdate, CellEvent, CellId, Cells, Fact, Killed, PLACED_WITHIN, Retired,
    SILENT_AFTER, Timer,
};
use crate::dispatch::JobResult;
use crate::ids::JobId;

/// Consecutive cells that may die while they handle a call. The call fails with the last of them.
const DEATHS: u32 = 2;

/// How long a call must run in its next cell before it is no longer suspected of having killed the
/// last.
pub(super) const CLEARED_AFTER: Duration = Duration::from_secs(30);

impl Cells {
    pub(super) fn cell(&mut self, cell: CellId, event: CellEvent) {
        self.heard(cell);
        match event {
            CellEvent::Ready => self.ready(cell),
            CellEvent::Beat { memory } => self.weigh(cell, memory),
            CellEvent::Running(job) => self.running(cell, job),
            CellEvent::Checkpoint(job, checkpoint) => {
                if let Some(call) = self.call_in(cell, &job) {
                    call.start.checkpoint = Some(*checkpoint);
                }
            }
            CellEvent::Token(job, token) => {
                if let Some(call) = self.call_in(cell, &job) {
                    call.start.assignment.token = token;
                }
            }
            CellEvent::Ended(job, result) => {
                if let Some(call) = self.call_in(cell, &job) {
                    call.stage = CallStage::Ended;
                    call.cleared = None;
                    self.report(CallUpdate::Ended(job, result));
                }
            }
            CellEvent::Left(job) => self.left(cell, &job),
            CellEvent::Panicked(job) => {
                if self.calls.get(&job).is_some_and(|it| it.cell == Some(cell)) {
                    self.orphaned(job, "the call panicked");
                }
            }
            CellEvent::Exited(how) => self.exited(cell, how),
        }
    }

    /// [`Timer::Cell`] has expired: the cell is not ready, or silent.
    pub(super) fn overdue(&mut self, id: CellId) {
        let Some(cell) = self.cells.get_mut(&id) else {
            return;
        };
        let silent = self.cx.now.saturating_duration_since(cell.heard);
        match cell.stage {
            Stage::Starting => self.kill(id, Killed::NotReady),
            _ if cell.is_silent => self.kill(id, Killed::Silent),
            _ => {
                cell.is_silent = true;
                self.cx.within(Timer::Cell(id), SILENT_AFTER);
                self.observe(Fact::Silent(id, silent));
            }
        }
    }

    /// The call, if this cell handles it and it has not ended.
    fn call_in(&mut self, cell: CellId, job: &JobId) -> Option<&mut Call> {
        let call = self.calls.get_mut(job)?;
        let is_placed = matches!(call.stage, CallStage::Placed | CallStage::Stopping);
        (is_placed && call.cell == Some(cell)).then_some(call)
    }

    fn heard(&mut self, id: CellId) {
        if let Some(cell) = self.cells.get_mut(&id).filter(|cell| cell.is_watched()) {
            cell.heard = self.cx.now;
            cell.is_silent = false;
            self.cx.within(Timer::Cell(id), SILENT_AFTER);
        }
    }

    fn ready(&mut self, id: CellId) {
        let now = self.cx.now;
        let cell = self.cells.get_mut(&id);
        if let Some(cell) = cell.filter(|cell| cell.stage == Stage::Starting) {
            cell.stage = Stage::Ready;
            let after = now.saturating_duration_since(cell.started);
            self.failed_starts = 0;
            self.heard(id);
            self.observe(Fact::Ready(id, after));
        }
    }

    fn weigh(&mut self, cell: CellId, memory: u64) {
        if memory >= self.limits.memory {
            self.kill(cell, Killed::Memory);
        } else if memory >= self.limits.memory / 5 * 4 {
            self.retire(cell, Retired::Memory);
        }
    }

    fn running(&mut self, cell: CellId, job: JobId) {
        let now = self.cx.now;
        let Some(call) = self.call_in(cell, &job) else {
            return;
        };
        let orphaned = call.orphaned.take();
        if call.is_suspect() {
            call.cleared = Some(now + CLEARED_AFTER);
        }
        if let Some(at) = orphaned {
            let after = now.saturating_duration_since(at);
            self.observe(Fact::Resumed(job.clone(), after));
        }
        self.report(CallUpdate::Running(job));
    }

    fn left(&mut self, cell: CellId, job: &JobId) {
        if self
            .calls
            .get(job)
            .is_some_and(|call| call.cell == Some(cell))
        {
            self.calls.remove(job);
        }
    }

    fn kill(&mut self, id: CellId, why: Killed) {
        if let Some(cell) = self
            .cells
            .get_mut(&id)
            .filter(|it| it.stage != Stage::Killed)
        {
            let was_starting = cell.stage == Stage::Starting;
            cell.stage = Stage::Killed;
            self.cx.stop(Timer::Cell(id));
            self.note_failed_start(was_starting);
            self.observe(Fact::Killed(id, why));
            self.cx.act(Action::Kill(id));
        }
    }

    fn exited(&mut self, id: CellId, how: Option<String>) {
        let Some(cell) = self.cells.remove(&id) else {
            return;
        };
        self.cx.stop(Timer::Cell(id));
        self.note_failed_start(cell.stage == Stage::Starting);
        let is_in_cell = |call: &Call| call.cell == Some(id);
        let jobs = self.calls.iter().filter(|(_, call)| is_in_cell(call));
        let jobs: Vec<_> = jobs.map(|(job, _)| job.clone()).collect();
        let is_open = |job: &&JobId| {
            let call = self.calls.get(*job);
            call.is_some_and(|call| call.stage != CallStage::Ended)
        };
        let calls = jobs.iter().filter(is_open).count();
        let why = how
            .clone()
            .unwrap_or_else(|| "the process exited".to_owned());
        self.observe(Fact::Exited {
            cell: id,
            how,
            calls,
        });
        for job in jobs {
            self.orphaned(job, &why);
        }
    }

    fn note_failed_start(&mut self, was_starting: bool) {
        if was_starting {
            self.failed_starts += 1;
            self.last_failed_start = Some(self.cx.now);
        }
    }

    /// Handles the loss of a call's cell: another cell resumes the call, unless it was about to end
    /// or has already lost too many cells.
    fn orphaned(&mut self, job: JobId, why: &str) {
        let now = self.cx.now;
        let Some(call) = self.calls.get_mut(&job) else {
            return;
        };
        call.cell = None;
        call.cleared = None;
        call.deaths += 1;
        match call.stage {
            CallStage::Ended => drop(self.calls.remove(&job)),
            CallStage::Placed if call.deaths < DEATHS && !self.closed => {
                call.stage = CallStage::Waiting(now + PLACED_WITHIN);
                call.orphaned.get_or_insert(now);
                self.report(CallUpdate::Moved(job));
            }
            _ => {
                let failed = format!("the call lost its process: {why}");
                self.calls.remove(&job);
                self.report(CallUpdate::Ended(job, JobResult::Failed(failed)));
            }
        }
    }
}
