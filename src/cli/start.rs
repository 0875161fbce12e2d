//! `parlor start`: the worker.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use parlor_core::cells::Limits;
use parlor_core::dispatch::{Dispatch, Event, Settings};
use tokio::sync::mpsc;

use super::{Done, out};
use crate::clock;
use crate::config::{Config, Overrides, Source};
use crate::names;
use crate::ops::{self, Board};
use crate::shutdown;
use crate::worker::{self, CellCommand, Cells, Server, WorkerEdges};

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor start --agent-name clerk --max-calls 20\n\n\
    SIGTERM or Ctrl-C: no more calls are taken, running ones go on to their ends; the second one \
    ends them.\nEnds with 0 when all calls ended by themselves, 1 when some were cut."
)]
pub(super) struct Start {
    /// The name that dispatches ask for; without it every room gets the agent
    #[arg(
        long,
        env = "LIVEKIT_AGENT_NAME",
        default_value = "",
        hide_default_value = true
    )]
    agent_name: String,
    /// The agent's file [default: agent.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// The most calls at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    max_calls: u16,
    /// Calls that share a process
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    rooms_per_cell: u16,
    /// Calls after which a process is replaced, once they have ended
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    cell_calls: u32,
    /// Memory, in MiB, at which a process is killed and its calls go on in another; at four fifths
    /// of it the process takes no more calls
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(64..))]
    cell_memory: u32,
    /// Load of the machine, from 0 to 1, from which on no call is taken
    #[arg(long, value_name = "LOAD", default_value_t = 0.7)]
    load_threshold: f32,
    /// Take calls whatever the load
    #[arg(long, conflicts_with = "load_threshold")]
    any_load: bool,
    /// Where health, metrics and calls are shown over HTTP
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8081")]
    health: SocketAddr,
    /// Seconds that running calls may go on once no more are taken
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    drain_timeout: u64,
}

impl Start {
    pub(super) async fn run(self, source: &Source) -> Done {
        let overrides = Overrides {
            agent_file: self.agent.clone(),
            caller_wait: None,
        };
        // Read whole before anything is opened; each cell reads it again.
        let config = Config::load(source, &overrides)?;
        let settings = Settings {
            agent_name: source
                .text("LIVEKIT_AGENT_NAME_OVERRIDE")
                .unwrap_or_else(|| self.agent_name.clone()),
            deployment: source.text("LIVEKIT_AGENT_DEPLOYMENT").unwrap_or_default(),
            slots: self.max_calls.into(),
            full_at: (!self.any_load).then_some(self.load_threshold),
            drain_within: Duration::from_secs(self.drain_timeout),
            ..Settings::default()
        };
        let board = Arc::new(Board::new(&settings.agent_name));
        let mut cells = Cells::new(self.cells(source)?, self.limits(), board.clone());
        cells.ready().await.context("no calls can be made")?;
        let server = Server {
            livekit: config.livekit,
            worker_token: source.text("LIVEKIT_WORKER_TOKEN"),
        };
        tracing::info!(url = %server.livekit.url, agent_name = %settings.agent_name, slots = settings.slots, "starting");
        let health = ops::serve(self.health, board.clone());
        let health = health.with_context(|| format!("nothing can be shown at {}", self.health))?;
        tracing::info!(%health, "health, metrics and calls");
        let mut edges = WorkerEdges::new(server, cells, board);
        let (control, control_out) = mpsc::channel(shutdown::SIGNALS);
        let signals = shutdown::on_signals(control, || Event::Drain)?;
        let dispatch = Dispatch::new(clock::now(), settings, names::number());
        let cut = worker::run(dispatch, &mut edges, control_out).await;
        edges.finish(cut).await;
        signals.abort();
        tracing::info!(cut, "ended");
        if cut == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        out::error(&format_args!("{cut} calls did not end by themselves"));
        Ok(ExitCode::FAILURE)
    }

    fn cells(&self, source: &Source) -> anyhow::Result<CellCommand> {
        let program = std::env::current_exe().context("this program cannot be found")?;
        let mut arguments = vec![OsString::from("cell")];
        if let Some(agent) = &self.agent {
            arguments.extend([OsString::from("--agent"), agent.clone().into_os_string()]);
        }
        Ok(CellCommand {
            program,
            arguments,
            log_format: super::log_format(source)?.resolve(),
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            rooms_per_cell: self.rooms_per_cell.into(),
            cell_calls: self.cell_calls,
            memory: u64::from(self.cell_memory) << 20,
        }
    }
}
