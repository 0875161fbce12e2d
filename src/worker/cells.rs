//! The daemon's cells: what `parlor_core::cells` decides, done to processes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parlor_core::cells::{
    self, Action, CellEvent, CellId, Event, Fact, Limits, READY_WITHIN, Told,
};
use parlor_core::dispatch::{self, Assignment, JobResult};
use parlor_core::ids::JobId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::process::{CellCommand, Process};
use crate::clock::{at, now};
use crate::ops::WorkerStatus;
use crate::session::LEAVES_WITHIN;

/// What cells say, on its way to the worker; when it is full cells wait.
const EVENTS: usize = 256;

/// How long a process may take to end once its calls have: it stops its MCP servers.
const EXIT_WITHIN: Duration = Duration::from_secs(6);

/// How long cells may take to end once all calls are over: each call still leaves its room and
/// writes its report.
pub(super) const END_WITHIN: Duration = LEAVES_WITHIN.saturating_add(EXIT_WITHIN);

/// How long they may take when the end was asked for twice.
const CUT_WITHIN: Duration = Duration::from_millis(500);

/// All cells of a daemon.
#[derive(Debug)]
pub struct Cells {
    command: CellCommand,
    cells: cells::Cells,
    processes: BTreeMap<CellId, Process>,
    events: mpsc::Sender<Event>,
    events_out: mpsc::Receiver<Event>,
    /// For dispatch; as many as calls there are, at most.
    told: VecDeque<dispatch::Event>,
    tasks: JoinSet<()>,
    status: Arc<WorkerStatus>,
}

/// Why there is no cell to make calls in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// The process ended; what it wrote says why.
    #[error("its first process ended at once")]
    Ended,
    /// The process said nothing.
    #[error("its first process was not ready within {} s", READY_WITHIN.as_secs())]
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
            told: VecDeque::new(),
            tasks: JoinSet::new(),
            status,
        };
        cells.perform_all();
        cells
    }

    /// Waits until calls can be made.
    ///
    /// # Errors
    /// [`CellError`]
    pub async fn ready(&mut self) -> Result<(), CellError> {
        let waiting = async {
            while !self.cells.is_ready() {
                let event = self.events_out.recv().await;
                match event {
                    Some(Event::Cell(_, CellEvent::Gone(_))) | None => {
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

    /// Gives a call to a cell.
    pub fn start(&mut self, assignment: Assignment) {
        self.handle(Event::Start(assignment));
    }

    /// Ends a call properly.
    pub fn stop(&mut self, job: JobId) {
        self.handle(Event::Stop(job));
    }

    /// Ends a call properly after a goodbye.
    pub fn say_goodbye(&mut self, job: JobId) {
        self.handle(Event::SayGoodbye(job));
    }

    /// What lets a call leave its room.
    pub fn releaser(&self, job: JobId) -> impl FnOnce() + Send + 'static {
        let events = self.events.clone();
        // A call that is not let go goes by itself.
        move || drop(events.try_send(Event::Release(job)))
    }

    /// The processes that make calls, by their numbers.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.processes.values().filter_map(Process::pid)
    }

    /// What the calls do next. Cancel-safe.
    pub async fn next(&mut self) -> dispatch::Event {
        loop {
            if let Some(told) = self.told.pop_front() {
                return told;
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

    /// Lets every cell end, with all that its calls still write; kills those that do not in time.
    pub async fn finish(mut self, is_hasty: bool) {
        let within = match is_hasty {
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
                "cells did not end in time and are killed"
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
            | Action::Stop(cell, _)
            | Action::SayGoodbye(cell, _)
            | Action::Release(cell, _) => {
                if let Some(process) = self.processes.get_mut(&cell) {
                    process.tell(action);
                }
            }
            Action::Close(cell) => drop(self.processes.remove(&cell)),
            Action::Kill(cell) => {
                if let Some(mut process) = self.processes.remove(&cell) {
                    process.kill();
                }
            }
            Action::Tell(told) => self.told.push_back(match told {
                Told::Running(job) => dispatch::Event::Running(job),
                Told::Moved(job) => dispatch::Event::Moved(job),
                Told::Ended(job, result) => {
                    if let JobResult::Failed(why) = &result {
                        tracing::error!(%job, why, "a call failed");
                    }
                    dispatch::Event::Ended(job, result)
                }
            }),
            Action::Observe(fact) => {
                self.status.cell(&fact);
                observe(&fact);
                if let Fact::Gone { cell, .. } = fact {
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
                let gone = Event::Cell(id, CellEvent::Gone(Some(error.to_string())));
                let events = self.events.clone();
                // The queue may be full while we hold it.
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
            tracing::debug!(cell = cell.0, after_ms, "a cell is ready");
        }
        Fact::Retired(cell, why) => {
            tracing::info!(cell = cell.0, ?why, "a cell takes no more calls")
        }
        Fact::Silent(cell, silent) => {
            let seconds = silent.as_secs();
            tracing::warn!(cell = cell.0, seconds, "a cell says nothing");
        }
        Fact::Killed(cell, why) => tracing::error!(cell = cell.0, ?why, "a cell is killed"),
        Fact::Gone {
            cell,
            how: None,
            calls: 0,
        } => tracing::debug!(cell = cell.0, "a cell has ended"),
        Fact::Gone { cell, how, calls } => {
            let died = how.as_deref().unwrap_or("it ended");
            tracing::error!(cell = cell.0, died, calls, "a cell is gone");
        }
        Fact::Adopted(job, after) => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(%job, after_ms, "a call goes on in another cell");
        }
    }
}
