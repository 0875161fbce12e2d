//! A cell: a child process that handles calls for the worker, so that a crash in LiveKit's native
//! core affects only a few calls.
//!
//! The worker writes messages to the cell's stdin and reads messages from its stdout; logs go to
//! stderr. When stdin is closed, the worker has exited or retires the cell: the running calls
//! continue to their ends, and then the cell exits.

mod call_updates;
pub mod protocol;

use std::collections::HashMap;
use std::fmt;

use parlor_common::settings::Source;
use parlor_core::cells::{BEAT_EVERY, Start};
use parlor_core::conversation::{Event, SecondAgent, Settings};
use parlor_core::dispatch::Assignment;
use parlor_core::ids::JobId;
use parlor_livekit::{LiveKit, room};
use parlor_voice_agent::Endpoint;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;

use crate::agent_store::AgentStore;
use crate::config::{Agent, AgentText};
use crate::session::{Call, Tally};
use call_updates::CallUpdates;
use protocol::{FromCell, ToCell};

/// Capacity of the queue of messages from the worker; the worker waits while it is full.
const INBOX: usize = 64;

/// Capacity of the queue of messages to the worker; calls wait while it is full.
const OUTBOX: usize = 256;

/// Capacity of the queue of control events of one call.
const CONTROL: usize = 4;

/// Settings shared by all calls of a cell.
#[derive(Clone)]
pub struct Cell {
    /// The LiveKit server; a job may specify another URL.
    pub livekit: LiveKit,
    /// Endpoint of the Voice Agent API.
    pub agent: Endpoint,
    /// Source of the secrets that the agent file refers to.
    pub source: Source,
    /// Agent name, if a room may have only one agent with that name.
    pub agent_name: Option<String>,
    /// Which of two agents with the same name stays.
    pub second_agent: SecondAgent,
    /// Counters of all calls.
    pub tally: Tally,
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

/// The calls of a cell.
struct Calls {
    cell: Cell,
    agent_store: AgentStore,
    outbox: mpsc::Sender<FromCell>,
    running: HashMap<JobId, Running>,
    tasks: JoinSet<JobId>,
    is_draining: bool,
}

/// A running call.
struct Running {
    task: task::Id,
    control: mpsc::Sender<Event>,
    release: Option<oneshot::Sender<()>>,
}

impl Cell {
    /// Handles calls until `reader` ends and the last call is over.
    ///
    /// # Errors
    /// Fails if the native core cannot be loaded, or if the worker sends no valid agent.
    pub async fn run(
        self,
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Result<(), String> {
        let core = room::native_core()?;
        let (inbox, mut inbox_out) = mpsc::channel(INBOX);
        let (outbox, outbox_out) = mpsc::channel(OUTBOX);
        tokio::spawn(read(reader, inbox));
        let writing = tokio::spawn(write(writer, outbox_out));
        let Some(message) = inbox_out.recv().await else {
            return Ok(());
        };
        let agent_store = self.agent_store(message).await?;
        tracing::debug!(%core, "cell ready");
        send(&outbox, FromCell::Ready).await;
        let beating = tokio::spawn(beat(self.tally.clone(), outbox.clone()));
        let mut calls = Calls {
            cell: self,
            agent_store,
            outbox,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            is_draining: false,
        };
        calls.make(inbox_out).await;
        beating.abort();
        let counts = calls.cell.tally.take();
        send(&calls.outbox, FromCell::Beat { counts }).await;
        calls.agent_store.close().await;
        drop(calls);
        beating.await.ok();
        writing.await.map_err(|error| error.to_string())
    }

    /// Creates the agent store from the first message, which contains the agent file.
    async fn agent_store(&self, first: ToCell) -> Result<AgentStore, String> {
        let ToCell::Agent { path, text } = first else {
            return Err("the first message of the worker must contain the agent file".to_owned());
        };
        let agent = Agent::from_text(&AgentText { path, text }, &self.source);
        let agent = agent.map_err(|error| error.to_string())?;
        let joined = |problems: Vec<String>| problems.join("; ");
        let agent_store = AgentStore::new(agent, &self.source).map_err(joined)?;
        agent_store.ready().await.map_err(joined)?;
        Ok(agent_store)
    }
}

impl Calls {
    /// Handles messages until the worker closes the stream and the last call is over.
    async fn make(&mut self, mut inbox: mpsc::Receiver<ToCell>) {
        loop {
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.on_message(message),
                    None => break,
                },
                Some(ended) = self.tasks.join_next() => self.forget(ended).await,
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            self.forget(ended).await;
        }
    }

    fn on_message(&mut self, message: ToCell) {
        match message {
            ToCell::Agent { path, text } => self.replace_agent(&AgentText { path, text }),
            ToCell::Start(start) => self.start(*start),
            ToCell::Drain => self.drain(),
            ToCell::Stop { job } => self.control(&job, Event::Shutdown),
            ToCell::SayGoodbye { job } => self.control(&job, Event::SayGoodbye),
            ToCell::Release { job } => {
                let call = self.running.get_mut(&job);
                if let Some(release) = call.and_then(|it| it.release.take()) {
                    release.send(()).ok();
                }
            }
        }
    }

    fn drain(&mut self) {
        self.is_draining = true;
        for job in self.running.keys() {
            self.control(job, Event::Drain);
        }
    }

    fn control(&self, job: &JobId, event: Event) {
        if let Some(call) = self.running.get(job) {
            // If the queue is full, enough events are pending to end the call.
            call.control.try_send(event).ok();
        }
    }

    /// Replaces the agent. The worker has validated the file, so an error here is specific to this
    /// process.
    fn replace_agent(&self, text: &AgentText) {
        let agent = Agent::from_text(text, &self.cell.source);
        let agent = agent.map_err(|error| error.0);
        if let Err(problems) = agent.and_then(|agent| self.agent_store.replace(agent)) {
            let problems = problems.join("; ");
            tracing::error!(%problems, "cannot load the changed agent; keeping the previous one");
        }
    }

    fn start(&mut self, start: Start) {
        let (control, control_out) = mpsc::channel(CONTROL);
        let (release, release_out) = oneshot::channel();
        let job = start.assignment.job.id.clone();
        let room = start.assignment.job.room.clone();
        let span = tracing::info_span!("call", %job, %room);
        let call = self.call(start);
        let follow = CallUpdates {
            job: job.clone(),
            outbox: self.outbox.clone(),
        };
        let making = follow.run(call, control_out, release_out).instrument(span);
        let made = Running {
            task: self.tasks.spawn(making).id(),
            control,
            release: Some(release),
        };
        if self.is_draining {
            made.control.try_send(Event::Drain).ok();
        }
        self.running.insert(job, made);
    }

    fn call(&self, start: Start) -> Call {
        let Start {
            assignment: Assignment { job, url, token },
            checkpoint,
        } = start;
        let cell = &self.cell;
        let mut livekit = cell.livekit.clone();
        livekit.url = url.unwrap_or(livekit.url);
        let snapshots = self.agent_store.subscribe();
        Call {
            settings: Settings {
                resume: checkpoint,
                caller: job.participant.clone(),
                agent_name: cell.agent_name.clone(),
                second_agent: cell.second_agent,
                ..Settings::default()
            },
            job: Some(job),
            tally: cell.tally.clone(),
            ..Call::new(livekit, token, cell.agent.clone(), snapshots)
        }
    }

    /// Forgets a call that is over. If it panicked, the worker may continue it in another cell.
    async fn forget(&mut self, ended: Result<JobId, JoinError>) {
        let error = match ended {
            Ok(job) => return drop(self.running.remove(&job)),
            Err(error) => error,
        };
        tracing::error!(%error, "a call panicked");
        let mut running = self.running.iter();
        let broken = running.find(|(_, call)| call.task == error.id());
        if let Some(job) = broken.map(|(job, _)| job.clone()) {
            self.running.remove(&job);
            send(&self.outbox, FromCell::Broken { job }).await;
        }
    }
}

/// Sends heartbeats, from a task that shares the runtime with the calls.
async fn beat(tally: Tally, outbox: mpsc::Sender<FromCell>) {
    let mut beats = interval(BEAT_EVERY);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let counts = tally.take();
        send(&outbox, FromCell::Beat { counts }).await;
    }
}

async fn send(outbox: &mpsc::Sender<FromCell>, message: FromCell) {
    // The worker may be gone.
    outbox.send(message).await.ok();
}

async fn read(mut reader: impl AsyncRead + Unpin, inbox: mpsc::Sender<ToCell>) {
    loop {
        match protocol::read(&mut reader).await {
            Ok(Some(message)) => {
                if inbox.send(message).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the worker sent an invalid message");
                return;
            }
        }
    }
}

/// Writes messages until all senders are gone; discards them once the worker is gone.
async fn write(mut writer: impl AsyncWrite + Unpin, mut outbox: mpsc::Receiver<FromCell>) {
    let mut is_heard = true;
    while let Some(message) = outbox.recv().await {
        if is_heard && let Err(error) = protocol::write(&mut writer, &message).await {
            tracing::warn!(%error, "the worker is gone; running calls continue");
            is_heard = false;
        }
    }
}
