//! The daemon's cells: started ahead of need, given calls, seen to their ends.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use parlor_core::dispatch::{Assignment, Event, JobResult};
use parlor_core::ids::JobId;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::cell::frames::{self, FromCell, ToCell};

/// Messages to one cell; a cell that takes none is dead or hangs.
const INBOX: usize = 64;

/// From the start of a process to a loaded native core.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long cells may take to end once all calls have: each still leaves its room.
const END_WITHIN: Duration = Duration::from_secs(7);

/// How long they may take when calls are cut.
const CUT_WITHIN: Duration = Duration::from_millis(500);

/// How a cell is started.
#[derive(Debug, Clone)]
pub struct CellCommand {
    /// The program, normally this one.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Calls that one cell makes at once; at least 1.
    pub calls: usize,
}

/// All cells of a daemon.
#[derive(Debug)]
pub struct Cells {
    command: CellCommand,
    events: mpsc::Sender<Event>,
    cells: Vec<Cell>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Cell {
    inbox: mpsc::Sender<ToCell>,
    calls: Calls,
    ready: watch::Receiver<bool>,
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

/// The calls of one cell, and whether their ends were told.
type Calls = Arc<Mutex<BTreeMap<JobId, bool>>>;

impl Cells {
    /// No cells yet; what calls do comes out of `events`' other end.
    pub fn new(command: CellCommand, events: mpsc::Sender<Event>) -> Self {
        Self {
            command,
            events,
            cells: Vec::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Starts a cell, if none has room for one more call.
    pub fn keep_spare(&mut self) {
        self.forget_dead();
        if self.with_room().is_none() {
            self.spawn();
        }
    }

    /// Starts a cell if there is none, and waits until it can make calls.
    ///
    /// # Errors
    /// [`CellError`]
    pub async fn ready(&mut self) -> Result<(), CellError> {
        self.keep_spare();
        let mut ready = match self.cells.first() {
            Some(cell) => cell.ready.clone(),
            None => return Err(CellError::Ended),
        };
        match timeout(READY_WITHIN, ready.wait_for(|ready| *ready)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(CellError::Ended),
            Err(_elapsed) => Err(CellError::NotReady),
        }
    }

    /// Gives a call to a cell, and starts the cell for the next one if need be.
    pub fn start(&mut self, assignment: Assignment) {
        self.keep_spare();
        let job = assignment.job.id;
        let start = ToCell::Start {
            job: job.to_string(),
            room: assignment.job.room,
            url: assignment.url,
            token: assignment.token.reveal().to_owned(),
        };
        let taken = self.with_room().is_some_and(|cell| {
            cell.calls.lock().insert(job.clone(), false);
            let taken = cell.inbox.try_send(start).is_ok();
            if !taken {
                cell.calls.lock().remove(&job);
            }
            taken
        });
        if !taken {
            self.fail(job);
        }
        self.keep_spare();
    }

    /// Ends a call properly.
    pub fn stop(&self, job: &JobId) {
        let job = job.to_string();
        self.tell(&job.as_str().into(), ToCell::Stop { job });
    }

    /// What lets a call leave its room.
    pub fn releaser(&self, job: &JobId) -> impl FnOnce() + Send + 'static {
        let inbox = self.home(job).map(|cell| cell.inbox.clone());
        let job = job.to_string();
        move || {
            // A call whose cell is gone needs no leave; one that is not let go goes by itself.
            if let Some(inbox) = inbox {
                inbox.try_send(ToCell::Release { job }).ok();
            }
        }
    }

    /// Lets every cell end; kills those that do not in time, at once when calls are cut anyway.
    pub async fn finish(mut self, are_calls_cut: bool) {
        self.cells.clear();
        let within = if are_calls_cut {
            CUT_WITHIN
        } else {
            END_WITHIN
        };
        let ending = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(within, ending).await.is_err() {
            tracing::warn!("a cell did not end in time and is killed");
            self.tasks.shutdown().await;
        }
    }

    fn with_room(&self) -> Option<&Cell> {
        let has_room = |cell: &&Cell| {
            !cell.inbox.is_closed() && cell.calls.lock().len() < self.command.calls.max(1)
        };
        self.cells.iter().find(has_room)
    }

    fn home(&self, job: &JobId) -> Option<&Cell> {
        let is_home = |cell: &&Cell| cell.calls.lock().contains_key(job);
        self.cells.iter().find(is_home)
    }

    fn tell(&self, job: &JobId, message: ToCell) {
        if let Some(cell) = self.home(job)
            && cell.inbox.try_send(message).is_err()
        {
            tracing::warn!(%job, "a cell takes no messages");
        }
    }

    fn forget_dead(&mut self) {
        self.cells.retain(|cell| !cell.inbox.is_closed());
        while self.tasks.try_join_next().is_some() {}
    }

    /// Told from a task: the queue of events may be full while we hold it.
    fn fail(&mut self, job: JobId) {
        let failed = JobResult::Failed("no process could take the call".to_owned());
        let events = self.events.clone();
        self.tasks
            .spawn(async move { told(&events, Event::Ended(job, failed)).await });
    }

    fn spawn(&mut self) {
        let spawned = Command::new(&self.command.program)
            .args(&self.command.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is the daemon's to hear.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => {
                tracing::error!(%error, "a cell cannot be started");
                return;
            }
        };
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            tracing::error!("a cell was started without pipes");
            return;
        };
        let (inbox, inbox_out) = mpsc::channel(INBOX);
        let calls = Calls::default();
        let (ready, ready_out) = watch::channel(false);
        let supervisor = Supervisor {
            events: self.events.clone(),
            calls: calls.clone(),
            ready,
        };
        self.tasks
            .spawn(supervisor.run(child, stdin, stdout, inbox_out));
        self.cells.push(Cell {
            inbox,
            calls,
            ready: ready_out,
        });
    }
}

/// Sees one cell to its end.
struct Supervisor {
    events: mpsc::Sender<Event>,
    calls: Calls,
    ready: watch::Sender<bool>,
}

impl Supervisor {
    async fn run(
        self,
        mut child: Child,
        stdin: ChildStdin,
        stdout: ChildStdout,
        inbox: mpsc::Receiver<ToCell>,
    ) {
        let pid = child.id();
        tracing::debug!(pid, "a cell was started");
        let writing = tokio::spawn(write(stdin, inbox));
        self.listen(stdout).await;
        writing.abort();
        let status = child.wait().await;
        let died = match &status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(how(*status)),
            Err(error) => Some(error.to_string()),
        };
        let calls = std::mem::take(&mut *self.calls.lock());
        if died.is_some() || !calls.is_empty() {
            tracing::error!(pid, died, calls = calls.len(), "a cell is gone");
        }
        for (job, _) in calls.into_iter().filter(|(_, is_told)| !is_told) {
            let why = died.as_deref().unwrap_or("it ended");
            let failed = JobResult::Failed(format!("the process of the call is gone: {why}"));
            told(&self.events, Event::Ended(job, failed)).await;
        }
    }

    /// Takes in what the cell says until it says nothing more.
    async fn listen(&self, mut stdout: ChildStdout) {
        loop {
            match frames::read(&mut stdout).await {
                Ok(Some(FromCell::Ready)) => drop(self.ready.send_replace(true)),
                Ok(Some(FromCell::Running { job })) => {
                    told(&self.events, Event::Running(job.into())).await;
                }
                Ok(Some(FromCell::Ended { job, error })) => self.ended(job.into(), error).await,
                Ok(Some(FromCell::Left { job })) => {
                    self.calls.lock().remove(&job.into());
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "a cell cannot be understood");
                    return;
                }
            }
        }
    }

    async fn ended(&self, job: JobId, error: Option<String>) {
        if let Some(is_told) = self.calls.lock().get_mut(&job) {
            *is_told = true;
        }
        let result = error.map_or(JobResult::Success, JobResult::Failed);
        told(&self.events, Event::Ended(job, result)).await;
    }
}

async fn told(events: &mpsc::Sender<Event>, event: Event) {
    if events.send(event).await.is_err() {
        tracing::debug!("a call ended after its daemon");
    }
}

async fn write(mut stdin: ChildStdin, mut inbox: mpsc::Receiver<ToCell>) {
    while let Some(message) = inbox.recv().await {
        if let Err(error) = frames::write(&mut stdin, &message).await {
            tracing::debug!(%error, "a cell reads no more");
            return;
        }
    }
}

fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => status.to_string(),
    }
}
