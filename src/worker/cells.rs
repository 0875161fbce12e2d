//! The worker's cells: carries out what `parlor_core::cells` decides.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock::{at, now};
use parlor_core::cells::{
    self, Action, CallUpdate, CellEvent, CellId, Event, Fact, Limits, READY_WITHIN,
};
use parlor_core::dispatch::{self, Assignment, JobResult};
use parlor_core::ids::JobId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::process::{CellCommand, Process};
use crate::ops::WorkerStatus;
use crate::session::LEAVES_WITHIN;

/// Capacity of the queue of events from cells; cells wait while it is full.
const EVENTS: usize = 256;

/// How long a cell may take to exit after its last call: it stops its MCP servers.
const EXIT_WITHIN: Duration = Duration::from_secs(6);

/// How long cells may take to exit once all calls are over: each call still leaves its room and
/// writes its report.
pub(super) const END_WITHIN: Duration = LEAVES_WITHIN.saturating_add(EXIT_WITHIN);

/// How long cells may take to exit after a second shutdown signal.
const CUT_WITHIN: Duration = Duration::from_millis(500);

/// All cells of a worker.
#[derive(Debug)]
pub struct Cells {
    command: CellCommand,
    cells: cells::Cells,
    processes: BTreeMap<CellId, Process>,
    events: mpsc::Sender<Event>,
    events_out: mpsc::Receiver<Event>,
    /// Events for dispatch; bounded by the number of calls.
    updates: VecDeque<dispatch::Event>,
    tasks: JoinSet<()>,
    status: Arc<WorkerStatus>,
}

/// Why no cell could be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// The process exited; its stderr says why.
    #[error("the first cell exited during startup")]
    Ended,
    /// The process did not report in time that it is ready.
    #[error("the first cell was not ready within {} s", READY_WITHIN.as_secs())]
    NotReady,
}

impl Cells {
    /// Starts the first cell.
    pub fn new(command: CellCommand, limits: Limits, status: Arc<WorkerStatus>) -> Self {
        let (events, events_out) = mpsc::channel(EVENTS);
        let mut cells = Self {
            command,
            cells: cells::Cells::new(now(), limits),
            processes: BTreeMap::new(),
            events,
            events_out,
            updates: VecDeque::new(),
            tasks: JoinSet::new(),
            status,
        };
        cells.perform_all();
        cells
    }

    /// Waits until the first cell can handle calls.
    ///
    /// # Errors
    /// [`CellError`]
    pub async fn ready(&mut self) -> Result<(), CellError> {
        let waiting = async {
            while !self.cells.is_ready() {
                let event = self.events_out.recv().await;
                match event {
                    Some(Event::Cell(_, CellEvent::Exited(_))) | None => {
                        return Err(CellError::Ended);
                    }
                    Some(event) => self.handle(event),
                }
            }
            Ok(())
        };
        let waited = timeout(READY_WITHIN, waiting).await;
        waited.unwrap_or(Err(CellError::NotReady))
    }

    /// Starts a call in a cell.
    pub fn start(&mut self, assignment: Assignment) {
        self.handle(Event::Start(assignment));
    }

    /// Tells all calls that the worker is draining.
    pub fn drain(&mut self) {
        self.handle(Event::Drain);
    }

    /// Ends a call gracefully.
    pub fn stop(&mut self, job: JobId) {
        self.handle(Event::Stop(job));
    }

    /// Ends a call gracefully after the agent has said goodbye.
    pub fn say_goodbye(&mut self, job: JobId) {
        self.handle(Event::SayGoodbye(job));
    }

    /// Returns a callback that lets a call leave its room.
    pub fn releaser(&self, job: JobId) -> impl FnOnce() + Send + 'static {
        let events = self.events.clone();
        // Without it, the call leaves after a timeout.
        move || drop(events.try_send(Event::Release(job)))
    }

    /// Process ids of the running cells.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.processes.values().filter_map(Process::pid)
    }

    /// Waits for the next event for dispatch. Cancel-safe.
    pub async fn next(&mut self) -> dispatch::Event {
        loop {
            if let Some(update) = self.updates.pop_front() {
                return update;
            }
            let deadline = self.cells.poll_timeout();
            tokio::select! {
                biased;
                Some(event) = self.events_out.recv() => self.handle(event),
                () = at(deadline) => {
                    self.cells.handle_timeout(now());
                    self.perform_all();
                }
            }
        }
    }

    /// Waits for all cells to exit after their calls have written their reports; kills cells that
    /// do not exit in time.
    pub async fn finish(mut self, is_immediate: bool) {
        let within = match is_immediate {
            true => CUT_WITHIN,
            false => END_WITHIN,
        };
        self.handle(Event::Close);
        let ending = async {
            loop {
                tokio::select! {
                    Some(event) = self.events_out.recv() => self.handle(event),
                    ended = self.tasks.join_next() => if ended.is_none() { return },
                }
            }
        };
        if timeout(within, ending).await.is_err() {
            let seconds = within.as_secs_f32();
            tracing::error!(
                cells = self.tasks.len(),
                seconds,
                "cells did not exit in time; killing them"
            );
            self.tasks.shutdown().await;
        }
    }

    fn handle(&mut self, event: Event) {
        self.cells.handle(now(), event);
        self.perform_all();
    }

    fn perform_all(&mut self) {
        while let Some(action) = self.cells.poll_action() {
            self.perform(action);
        }
        self.status.cells(self.processes.len());
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Spawn(cell) => self.spawn(cell),
            Action::Start(cell, _)
            | Action::Drain(cell)
            | Action::Stop(cell, _)
            | Action::SayGoodbye(cell, _)
            | Action::Release(cell, _) => {
                if let Some(process) = self.processes.get_mut(&cell) {
                    process.send(action);
                }
            }
            Action::Close(cell) => drop(self.processes.remove(&cell)),
            Action::Kill(cell) => {
                if let Some(mut process) = self.processes.remove(&cell) {
                    process.kill();
                }
            }
            Action::CallUpdate(update) => self.updates.push_back(match update {
                CallUpdate::Running(job) => dispatch::Event::Running(job),
                CallUpdate::Moved(job) => dispatch::Event::Moved(job),
                CallUpdate::Ended(job, result) => {
                    if let JobResult::Failed(why) = &result {
                        tracing::error!(%job, why, "call failed");
                    }
                    dispatch::Event::Ended(job, result)
                }
            }),
            Action::Observe(fact) => {
                self.status.cell(&fact);
                observe(&fact);
                if let Fact::Exited { cell, .. } = fact {
                    self.processes.remove(&cell);
                    while self.tasks.try_join_next().is_some() {}
                }
            }
        }
    }

    fn spawn(&mut self, id: CellId) {
        match Process::start(id, &self.command) {
            Ok((process, supervisor)) => {
                self.processes.insert(id, process);
                let running = supervisor.run(self.events.clone(), self.status.clone());
                self.tasks.spawn(running);
            }
            Err(error) => {
                let gone = Event::Cell(id, CellEvent::Exited(Some(error.to_string())));
                let events = self.events.clone();
                // Send from a task: the queue may be full, and this task is the one that drains it.
                self.tasks
                    .spawn(async move { drop(events.send(gone).await) });
            }
        }
    }
}

fn observe(fact: &Fact) {
    match fact {
        Fact::Ready(cell, after) => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(cell = cell.0, after_ms, "cell ready");
        }
        Fact::Retired(cell, why) => {
            tracing::info!(cell = cell.0, ?why, "cell retired: it takes no new calls")
        }
        Fact::Silent(cell, silent) => {
            let seconds = silent.as_secs();
            tracing::warn!(cell = cell.0, seconds, "no heartbeat from a cell");
        }
        Fact::Killed(cell, why) => tracing::error!(cell = cell.0, ?why, "killing a cell"),
        Fact::Exited {
            cell,
            how: None,
            calls: 0,
        } => tracing::debug!(cell = cell.0, "cell exited"),
        Fact::Exited { cell, how, calls } => {
            let died = how.as_deref().unwrap_or("exited");
            tracing::error!(cell = cell.0, died, calls, "a cell died");
        }
        Fact::Resumed(job, after) => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(%job, after_ms, "call continues in another cell");
        }
    }
}
