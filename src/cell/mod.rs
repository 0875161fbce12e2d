//! A cell: a process that makes calls for the daemon, so that what the native core does to a
//! process it does to a few calls only.
//!
//! The daemon writes to its stdin and reads its stdout; logs go to stderr. When stdin ends the
//! daemon is gone or wants no more: the calls go on to their ends, then the cell does.

mod follow;
pub mod frames;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use parlor_core::cells::BEAT_EVERY;
use parlor_core::conversation::{Event, SecondAgent, Settings};
use parlor_core::ids::Identity;
use parlor_core::private::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;

use crate::agent::Endpoint;
use crate::room;
use crate::session::{Call, Tally};

use follow::Follow;
use frames::{FromCell, ToCell};

/// Messages of the daemon that wait to be looked at; when it is full the daemon waits.
const INBOX: usize = 64;

/// Messages to the daemon; when it is full calls wait before they leave.
const OUTBOX: usize = 256;

/// Signals that may wait to be looked at by one call.
const CONTROL: usize = 4;

/// Reads the agent's file again.
pub type Reload = Arc<dyn Fn() -> anyhow::Result<Settings> + Send + Sync>;

/// What all calls of a cell have in common.
#[derive(Clone)]
pub struct Cell {
    /// LiveKit's address, for calls that bring none.
    pub livekit_url: String,
    /// The Voice Agent API.
    pub agent: Endpoint,
    /// What the agent is and how it behaves.
    pub settings: Settings,
    /// What the agent is called, if there is to be only one of that name in a room.
    pub agent_name: Option<String>,
    /// Who stays of two.
    pub second_agent: SecondAgent,
    /// Where those settings come from at the start of each call, if they may change.
    pub reload: Option<Reload>,
    /// What its calls count.
    pub tally: Tally,
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

/// A call that is being made.
struct Running {
    task: task::Id,
    control: mpsc::Sender<Event>,
    release: Option<oneshot::Sender<()>>,
}

impl Cell {
    /// Makes calls until `reader` ends and the last of them is over.
    ///
    /// # Errors
    /// When there is no native core to make them with.
    pub async fn run(
        mut self,
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Result<(), String> {
        let core = room::native_core()?;
        tracing::debug!(%core, "a cell is ready");
        let (inbox, mut inbox_out) = mpsc::channel(INBOX);
        let (outbox, outbox_out) = mpsc::channel(OUTBOX);
        tokio::spawn(read(reader, inbox));
        let writing = tokio::spawn(write(writer, outbox_out));
        tell(&outbox, FromCell::Ready).await;
        let beating = tokio::spawn(beat(self.tally.clone(), outbox.clone()));
        let mut running = HashMap::new();
        let mut calls = JoinSet::new();
        loop {
            tokio::select! {
                message = inbox_out.recv() => match message {
                    Some(message) => self.on_message(message, &mut running, &mut calls, &outbox),
                    None => break,
                },
                Some(ended) = calls.join_next() => forget(ended, &mut running, &outbox).await,
            }
        }
        while let Some(ended) = calls.join_next().await {
            forget(ended, &mut running, &outbox).await;
        }
        beating.abort();
        let counts = self.tally.take();
        tell(&outbox, FromCell::Beat { counts }).await;
        drop(outbox);
        beating.await.ok();
        writing.await.map_err(|error| error.to_string())
    }

    /// A file that cannot be used was told by the daemon; what was before counts.
    fn fresh_settings(&mut self) -> Settings {
        if let Some(Ok(settings)) = self.reload.as_ref().map(|reload| reload()) {
            self.settings = settings;
        }
        Settings {
            agent_name: self.agent_name.clone(),
            second_agent: self.second_agent,
            ..self.settings.clone()
        }
    }

    fn on_message(
        &mut self,
        message: ToCell,
        running: &mut HashMap<String, Running>,
        calls: &mut JoinSet<String>,
        outbox: &mpsc::Sender<FromCell>,
    ) {
        match message {
            ToCell::Start {
                job,
                room,
                url,
                token,
                participant,
                checkpoint,
            } => {
                let (control, control_out) = mpsc::channel(CONTROL);
                let (release, release_out) = oneshot::channel();
                let span = tracing::info_span!("call", %job, %room);
                let call = Call {
                    livekit_url: url.unwrap_or_else(|| self.livekit_url.clone()),
                    token: Secret::new(token),
                    agent: self.agent.clone(),
                    settings: Settings {
                        resume: checkpoint.map(|it| *it),
                        caller: participant.map(Identity::from),
                        ..self.fresh_settings()
                    },
                    watch: None,
                    tally: self.tally.clone(),
                    stages: None,
                };
                let follow = Follow {
                    job: job.clone(),
                    outbox: outbox.clone(),
                };
                let making = follow.run(call, control_out, release_out).instrument(span);
                let made = Running {
                    task: calls.spawn(making).id(),
                    control,
                    release: Some(release),
                };
                running.insert(job, made);
            }
            ToCell::Stop { job } => {
                // A call that was told often enough is on its way out.
                if let Some(call) = running.get(&job) {
                    call.control.try_send(Event::Shutdown).ok();
                }
            }
            ToCell::Release { job } => {
                if let Some(release) = running.get_mut(&job).and_then(|it| it.release.take()) {
                    release.send(()).ok();
                }
            }
        }
    }
}

/// A call is over; one that a bug has ended may go on elsewhere.
async fn forget(
    ended: Result<String, JoinError>,
    running: &mut HashMap<String, Running>,
    outbox: &mpsc::Sender<FromCell>,
) {
    match ended {
        Ok(job) => drop(running.remove(&job)),
        Err(error) => {
            tracing::error!(%error, "a bug has ended a call");
            let broken =
                |(job, call): (&String, &Running)| (call.task == error.id()).then(|| job.clone());
            if let Some(job) = running.iter().find_map(broken) {
                running.remove(&job);
                tell(outbox, FromCell::Broken { job }).await;
            }
        }
    }
}

/// Says every second that the process is alive, from a task of its own among those of the calls.
async fn beat(tally: Tally, outbox: mpsc::Sender<FromCell>) {
    let mut beats = interval(BEAT_EVERY);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let counts = tally.take();
        tell(&outbox, FromCell::Beat { counts }).await;
    }
}

async fn tell(outbox: &mpsc::Sender<FromCell>, message: FromCell) {
    // Without a daemon nobody needs to know.
    outbox.send(message).await.ok();
}

async fn read(mut reader: impl AsyncRead + Unpin, inbox: mpsc::Sender<ToCell>) {
    loop {
        match frames::read(&mut reader).await {
            Ok(Some(message)) => {
                if inbox.send(message).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the daemon cannot be understood");
                return;
            }
        }
    }
}

/// Writes until nobody tells anything any more; without a reader the rest is passed over.
async fn write(mut writer: impl AsyncWrite + Unpin, mut outbox: mpsc::Receiver<FromCell>) {
    let mut is_heard = true;
    while let Some(message) = outbox.recv().await {
        if is_heard && let Err(error) = frames::write(&mut writer, &message).await {
            tracing::warn!(%error, "the daemon is gone; calls go on");
            is_heard = false;
        }
    }
}
