//! The process of one cell: pipes, memory use, and exit.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parlor_common::settings::Source;
use parlor_core::cells::{Action, CellEvent, CellId, Event};
use parlor_core::dispatch::JobResult;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::cell_stderr;
use crate::cell::protocol::{self, FromCell, ToCell};
use crate::config::AgentText;
use crate::ops::WorkerStatus;
use crate::ops::log::Format;

/// Capacity of the queue of messages to one cell; a cell that lets it fill up hangs.
const INBOX: usize = 64;

/// How long a process may take to exit after it closes its stdout.
const EXIT_WITHIN: Duration = Duration::from_secs(3);

/// How long to wait for the last lines of its stderr after it exits.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// How to start a cell.
#[derive(Debug, Clone)]
pub struct CellCommand {
    /// Path of the program, normally this one.
    pub program: PathBuf,
    /// Command-line arguments.
    pub arguments: Vec<OsString>,
    /// Environment variables, the same as the worker's.
    pub source: Source,
    /// Log format of the cell; the worker forwards its log lines unchanged.
    pub log_format: Format,
    /// The current agent file and its changes.
    pub agent: watch::Receiver<AgentText>,
}

/// Handle of a running process.
#[derive(Debug)]
pub(super) struct Process {
    pid: Option<u32>,
    inbox: mpsc::Sender<ToCell>,
    kill: Option<oneshot::Sender<()>>,
}

/// Supervises a process until it has exited.
pub(super) struct Supervisor {
    id: CellId,
    child: Child,
    pipes: (ChildStdin, ChildStdout, ChildStderr),
    inbox: mpsc::Receiver<ToCell>,
    agent: watch::Receiver<AgentText>,
    killed: oneshot::Receiver<()>,
    is_json: bool,
}

impl Process {
    /// Starts a process and returns its handle and its supervisor, to be spawned as a task.
    ///
    /// # Errors
    /// Fails if the process cannot be started.
    pub(super) fn start(id: CellId, command: &CellCommand) -> std::io::Result<(Self, Supervisor)> {
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .envs(command.source.variables())
            .env("PARLOR_LOG_FORMAT", command.log_format.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C must reach only the worker.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(std::io::Error::other(
                "the process was started without pipes",
            ));
        };
        tracing::debug!(cell = id.0, pid = child.id(), "cell started");
        let (inbox, inbox_out) = mpsc::channel(INBOX);
        let (kill, killed) = oneshot::channel();
        let process = Self {
            pid: child.id(),
            inbox,
            kill: Some(kill),
        };
        let supervisor = Supervisor {
            id,
            child,
            pipes: (stdin, stdout, stderr),
            inbox: inbox_out,
            agent: command.agent.clone(),
            killed,
            is_json: command.log_format == Format::Json,
        };
        Ok((process, supervisor))
    }

    /// The process id, or `None` if the process has already exited.
    pub(super) fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Kills the process.
    pub(super) fn kill(&mut self) {
        if let Some(kill) = self.kill.take() {
            // The receiver is gone if the process has already exited.
            kill.send(()).ok();
        }
    }

    /// Sends an action to the cell; kills a cell that does not read its messages.
    pub(super) fn send(&mut self, action: Action) {
        let message = match action {
            Action::Start(_, start) => ToCell::Start(start),
            Action::Drain(_) => ToCell::Drain,
            Action::Stop(_, job) => ToCell::Stop { job },
            Action::SayGoodbye(_, job) => ToCell::SayGoodbye { job },
            Action::Release(_, job) => ToCell::Release { job },
            _ => return,
        };
        if let Err(mpsc::error::TrySendError::Full(_)) = self.inbox.try_send(message) {
            tracing::error!("a cell does not read its messages; killing it");
            self.kill();
        }
    }
}

impl Supervisor {
    /// Forwards the cell's messages as events until the process has exited, then reports how it
    /// exited.
    pub(super) async fn run(mut self, events: mpsc::Sender<Event>, status: Arc<WorkerStatus>) {
        let (id, pid) = (self.id, self.child.id());
        let (stdin, stdout, stderr) = self.pipes;
        let writing = tokio::spawn(write(stdin, self.inbox, self.agent));
        let mut forwarding = tokio::spawn(cell_stderr::forward(stderr, id, self.is_json));
        let reader = MessageReader {
            id,
            pid,
            events,
            status,
        };
        tokio::select! {
            () = reader.run(stdout) => {}
            Ok(()) = self.killed => kill(id, &mut self.child),
        }
        writing.abort();
        let status = match timeout(EXIT_WITHIN, self.child.wait()).await {
            Ok(status) => status,
            Err(_elapsed) => {
                kill(id, &mut self.child);
                self.child.wait().await
            }
        };
        let how = match status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(how(status)),
            Err(error) => Some(error.to_string()),
        };
        // Its last log lines come before the event of its exit.
        if timeout(LAST_WORDS_WITHIN, &mut forwarding).await.is_err() {
            forwarding.abort();
        }
        reader.send(CellEvent::Exited(how)).await;
    }
}

/// Receives the messages of one cell.
struct MessageReader {
    id: CellId,
    pid: Option<u32>,
    events: mpsc::Sender<Event>,
    status: Arc<WorkerStatus>,
}

impl MessageReader {
    /// Reads messages until the cell closes its stdout or sends an invalid message.
    async fn run(&self, mut stdout: ChildStdout) {
        loop {
            match protocol::read(&mut stdout).await {
                Ok(Some(message)) => self.send(self.to_event(message)).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(cell = self.id.0, %error, "a cell sent an invalid message");
                    return;
                }
            }
        }
    }

    fn to_event(&self, message: FromCell) -> CellEvent {
        match message {
            FromCell::Ready => CellEvent::Ready,
            FromCell::Beat { counts } => {
                self.status.counted(&counts);
                CellEvent::Beat {
                    memory: self.pid.and_then(resident).unwrap_or_default(),
                }
            }
            FromCell::Running { job } => CellEvent::Running(job),
            FromCell::Checkpoint { job, checkpoint } => CellEvent::Checkpoint(job, checkpoint),
            FromCell::Token { job, token } => CellEvent::Token(job, token),
            FromCell::Ended { job, error } => {
                let result = error.map_or(JobResult::Success, JobResult::Failed);
                CellEvent::Ended(job, result)
            }
            FromCell::Broken { job } => CellEvent::Panicked(job),
            FromCell::Left { job } => CellEvent::Left(job),
        }
    }

    async fn send(&self, event: CellEvent) {
        if self.events.send(Event::Cell(self.id, event)).await.is_err() {
            tracing::debug!(cell = self.id.0, "a cell exited after the worker stopped");
        }
    }
}

/// Writes the agent file first and whenever it changes, and all messages from the inbox.
async fn write(
    mut stdin: ChildStdin,
    mut inbox: mpsc::Receiver<ToCell>,
    mut agent: watch::Receiver<AgentText>,
) {
    agent.mark_changed();
    loop {
        let message = tokio::select! {
            biased;
            Ok(()) = agent.changed() => {
                let AgentText { path, text } = agent.borrow_and_update().clone();
                ToCell::Agent { path, text }
            }
            message = inbox.recv() => match message {
                Some(message) => message,
                None => return,
            },
        };
        if let Err(error) = protocol::write(&mut stdin, &message).await {
            tracing::debug!(%error, "a cell closed its stdin");
            return;
        }
    }
}

fn kill(cell: CellId, child: &mut Child) {
    if let Err(error) = child.start_kill() {
        tracing::error!(cell = cell.0, %error, "cannot kill a cell");
    }
}

/// Resident memory of a process in bytes.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => status.to_string(),
    }
}
