//! What `start`, `dev` and `demo --web` share: a worker that takes dispatched calls.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use parlor_common::settings::Source;
use parlor_common::{clock, random};
use parlor_core::cells::Limits;
use parlor_core::conversation::SecondAgent;
use parlor_core::dispatch::{Dispatch, Event, JobType, Settings};
use parlor_livekit::LiveKit;
use parlor_report::Reports;
use tokio::sync::{oneshot, watch};

use super::report_delivery::ReportDelivery;
use super::{Done, agent_name, output};
use crate::config::{AgentText, Config, Overrides, Reload};
use crate::definition::Definition;
use crate::diagnostics;
use crate::ops::log::Format;
use crate::ops::{self, WorkerStatus};
use crate::shutdown::Signals;
use crate::worker::{self, CellCommand, Cells, Ended, Server, WaitingRooms, WorkerEdges};

/// Default maximum of concurrent calls.
const MAX_CALLS: u16 = 16;

/// Default maximum of concurrent calls per cell.
const ROOMS_PER_CELL: u16 = 8;

/// Default number of calls after which a cell is replaced.
const CELL_CALLS: u32 = 200;

/// Default memory limit of a cell, in MiB.
const CELL_MEMORY: u32 = 512;

/// Flags of every command that runs a worker.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Agent name for explicit dispatch; if unset, the agent joins every room
    #[arg(
        long,
        env = "LIVEKIT_AGENT_NAME",
        default_value = "",
        hide_default_value = true
    )]
    agent_name: String,
    /// Path of the agent file [default: agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// What gets an agent of its own: each room, participant, or participant who publishes
    #[arg(
        long,
        value_name = "WHAT",
        env = "PARLOR_AGENT_FOR",
        default_value = "room"
    )]
    agent_for: AgentFor,
    /// What to do with a second agent of the same name in a room: refuse it, or let it replace the
    /// first
    #[arg(
        long,
        value_name = "POLICY",
        env = "PARLOR_SECOND_AGENT",
        default_value = "refuse"
    )]
    second_agent: SecondAgentName,
    /// Maximum concurrent calls
    #[arg(long, value_name = "N", env = "PARLOR_MAX_CALLS", default_value_t = MAX_CALLS, value_parser = clap::value_parser!(u16).range(1..))]
    max_calls: u16,
    /// Maximum concurrent calls per cell (child process of the worker)
    #[arg(long, value_name = "N", env = "PARLOR_ROOMS_PER_CELL", default_value_t = ROOMS_PER_CELL, value_parser = clap::value_parser!(u16).range(1..))]
    rooms_per_cell: u16,
    /// Calls after which a cell is replaced, once they have ended
    #[arg(long, value_name = "N", env = "PARLOR_CELL_CALLS", default_value_t = CELL_CALLS, value_parser = clap::value_parser!(u32).range(1..))]
    cell_calls: u32,
    /// Memory limit of a cell in MiB: at the limit it is killed and its calls continue in another
    /// cell; at four fifths of it the cell takes no more calls
    #[arg(long, value_name = "MIB", env = "PARLOR_CELL_MEMORY", default_value_t = CELL_MEMORY, value_parser = clap::value_parser!(u32).range(64..))]
    cell_memory: u32,
    /// Dispatch again to rooms whose callers have no agent [default: true, but false on LiveKit
    /// Cloud, which does this itself]
    #[arg(
        long,
        value_name = "BOOL",
        env = "PARLOR_ADOPT_ROOMS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    adopt_rooms: Option<bool>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AgentFor {
    Room,
    Publisher,
    Participant,
}

/// Which of two agents of the same name stays in a room.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SecondAgentName {
    Refuse,
    Replace,
}

impl From<SecondAgentName> for SecondAgent {
    fn from(name: SecondAgentName) -> Self {
        match name {
            SecondAgentName::Refuse => Self::Refuse,
            SecondAgentName::Replace => Self::Replace,
        }
    }
}

/// How to run a worker.
pub(super) struct Plan {
    pub(super) flags: Flags,
    /// Sustained machine load, above 0 and up to 1, at which no more calls are taken.
    pub(super) load_threshold: Option<f32>,
    /// How long running calls may continue after the first signal.
    pub(super) drain_within: Duration,
    /// Whether the agent then says goodbye in calls that are still running.
    pub(super) says_goodbye: bool,
    /// Listen address of the HTTP server for health, metrics and calls.
    pub(super) health: SocketAddr,
    pub(super) log_format: Format,
    /// Receives the worker's status once it exists.
    pub(super) status_sender: Option<oneshot::Sender<Arc<WorkerStatus>>>,
}

impl Plan {
    /// Runs the worker until it has shut down.
    pub(super) async fn run(mut self, source: &Source) -> Done {
        // First, so that no early signal is lost.
        let signals = Signals::watch()?;
        // Loaded completely before anything is opened; cells get the result.
        let config = Config::load(source, &self.flags.overrides())?;
        config.agent.log_warnings();
        let settings = self.settings(source, &config.agent.name);
        let status = Arc::new(WorkerStatus::new(&settings));
        let (agent, agent_out) = watch::channel(config.agent_text.clone());
        if let Some(sender) = self.status_sender.take() {
            // The receiver may be gone.
            sender.send(status.clone()).ok();
        }
        let command = self.cells(source, &settings, agent_out)?;
        let mut cells = Cells::new(command, self.flags.limits(), status.clone());
        if !is_ready(&mut cells, &signals).await? {
            cells.finish(true).await;
            return Ok(ExitCode::SUCCESS);
        }
        let server = Server {
            livekit: config.livekit,
            worker_token: config.worker_token,
            proxies: config.proxies,
        };
        tracing::info!(url = %server.livekit.url, agent_name = %settings.agent_name, slots = settings.slots, "starting");
        let health = ops::serve(self.health, status.clone());
        let health = health
            .map_err(|error| anyhow!(diagnostics::listen(self.health, &error, "--health")))?;
        tracing::info!(%health, "serving health, metrics and calls");
        let (definition, definition_out) = watch::channel(config.agent.definition);
        let (rooms_over, until_rooms_over) = oneshot::channel();
        let waiting = self.waiting_rooms(&server.livekit, &settings, &status, definition_out)?;
        let rooms = waiting.map(|it| tokio::spawn(it.run(until_rooms_over)));
        let reload = Reload::new(source, self.flags.overrides(), config.agent_text);
        let (over, until_over) = oneshot::channel();
        let reports = config.agent.reports;
        let following = follow(reload, (agent, definition), reports, until_over);
        let following = tokio::spawn(following);
        let mut edges = WorkerEdges::new(server, cells, status);
        let control = signals.events(|| Event::Drain);
        let dispatch = Dispatch::new(clock::now(), settings, random::number());
        let ended = worker::run(dispatch, &mut edges, control).await;
        drop(rooms_over);
        let ending = async {
            edges.finish(ended.is_immediate).await;
            drop(over);
            if let Some(rooms) = rooms {
                rooms.await.context("the search for waiting rooms failed")?;
            }
            following.await.context("the agent file watcher failed")
        };
        tokio::select! {
            ended = ending => ended?,
            () = signals.second() => tracing::warn!("ending at once after a second signal; unfinished work is dropped"),
        }
        self.outcome(ended)
    }

    /// The exit code of a worker that has shut down.
    fn outcome(&self, Ended { cut, refused, .. }: Ended) -> Done {
        if let Some(reason) = refused {
            return Err(anyhow!(reason).into());
        }
        tracing::info!(cut, "ended");
        if cut == 0 || self.drain_within.is_zero() {
            return Ok(ExitCode::SUCCESS);
        }
        output::error(&format_args!("calls cut short: {cut}"));
        Ok(ExitCode::FAILURE)
    }

    /// The search for waiting rooms, unless it is switched off or LiveKit Cloud, which does it
    /// itself, is the server.
    fn waiting_rooms(
        &self,
        livekit: &LiveKit,
        settings: &Settings,
        status: &Arc<WorkerStatus>,
        agent: watch::Receiver<Arc<Definition>>,
    ) -> anyhow::Result<Option<WaitingRooms>> {
        let adopt = self.flags.adopt_rooms;
        if !adopt.unwrap_or_else(|| !worker::is_livekit_cloud(&livekit.url)) {
            return Ok(None);
        }
        let waiting = WaitingRooms::new(livekit, settings, status.clone(), agent, random::number());
        waiting.map(Some).context("cannot look for waiting rooms")
    }

    fn settings(&self, source: &Source, participant_name: &str) -> Settings {
        let flags = &self.flags;
        Settings {
            job_type: match flags.agent_for {
                AgentFor::Room => JobType::Room,
                AgentFor::Publisher => JobType::Publisher,
                AgentFor::Participant => JobType::Participant,
            },
            agent_name: agent_name(source, &flags.agent_name),
            participant_name: participant_name.to_owned(),
            deployment: source.text("LIVEKIT_AGENT_DEPLOYMENT").unwrap_or_default(),
            slots: flags.max_calls.into(),
            second_agent: flags.second_agent.into(),
            full_at: self.load_threshold,
            drain_within: self.drain_within,
            says_goodbye: self.says_goodbye,
            ..Settings::default()
        }
    }

    fn cells(
        &self,
        source: &Source,
        settings: &Settings,
        agent: watch::Receiver<AgentText>,
    ) -> anyhow::Result<CellCommand> {
        let program = std::env::current_exe().context("cannot find this executable")?;
        let mut arguments = vec![OsString::from("cell")];
        // With an agent per participant, a room has several agents of the same name.
        if settings.job_type == JobType::Room {
            arguments.extend(self.flags.single_agent_arguments(&settings.agent_name));
        }
        Ok(CellCommand {
            program,
            arguments,
            source: source.clone(),
            log_format: self.log_format.resolve(),
            agent,
        })
    }
}

/// Waits until the first cell is ready; returns `false` if a signal comes first.
async fn is_ready(cells: &mut Cells, signals: &Signals) -> anyhow::Result<bool> {
    tokio::select! {
        ready = cells.ready() => ready.map(|()| true).context("cannot handle calls"),
        () = signals.first() => {
            tracing::info!("stopped by a signal before the first cell was ready");
            Ok(false)
        }
    }
}

/// Passes each new version of the agent file to the cells and to the search for waiting rooms, and
/// delivers reports as that version configures, until `over`.
async fn follow(
    mut reload: Reload,
    (agent, definition): (watch::Sender<AgentText>, watch::Sender<Arc<Definition>>),
    reports: Reports,
    mut over: oneshot::Receiver<()>,
) {
    let mut delivery = ReportDelivery::start(reports);
    loop {
        let (changed, text) = tokio::select! {
            next = reload.next() => next,
            _ = &mut over => return delivery.end().await,
        };
        agent.send_replace(text);
        definition.send_replace(changed.definition);
        delivery.end().await;
        delivery = ReportDelivery::start(changed.reports);
    }
}

impl Flags {
    /// One agent for every room, regardless of the environment.
    pub(super) fn for_every_room(agent: Option<PathBuf>) -> Self {
        Self {
            agent_name: String::new(),
            agent,
            agent_for: AgentFor::Room,
            second_agent: SecondAgentName::Refuse,
            max_calls: MAX_CALLS,
            rooms_per_cell: ROOMS_PER_CELL,
            cell_calls: CELL_CALLS,
            cell_memory: CELL_MEMORY,
            adopt_rooms: None,
        }
    }

    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            agent_file: self.agent.clone(),
            caller_wait: None,
            caller: None,
        }
    }

    /// Arguments that allow a cell only one agent of this name in a room.
    fn single_agent_arguments(&self, agent_name: &str) -> [OsString; 2] {
        let policy = match self.second_agent {
            SecondAgentName::Refuse => "refuse",
            SecondAgentName::Replace => "replace",
        };
        [
            format!("--agent-name={agent_name}").into(),
            format!("--second-agent={policy}").into(),
        ]
    }

    fn limits(&self) -> Limits {
        Limits {
            rooms_per_cell: self.rooms_per_cell.into(),
            cell_calls: self.cell_calls,
            memory: u64::from(self.cell_memory) << 20,
        }
    }
}
