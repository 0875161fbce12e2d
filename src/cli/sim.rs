//! `parlor sim`: only the simulator of the Voice Agent API.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use parlor_common::spelling::did_you_mean;
use parlor_sim::{
    Options, Pace, Recording, RecordingError, Reply, Scenario, SimError, Simulator, ToolRule,
};

use super::{Done, output};
use crate::diagnostics;
use crate::shutdown::Signals;

/// Value of `--scenario` that lists the built-in scenarios.
const LIST: &str = "list";

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor sim --listen 127.0.0.1:8765 --scenario cut-tool-call\n\n\
    Then, in another terminal: ASSEMBLYAI_BASE_URL=ws://127.0.0.1:8765 parlor join --room kitchen"
)]
pub(super) struct Sim {
    /// Listen address; port 0 picks a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// What the simulator replies
    #[arg(long, value_enum, default_value_t)]
    reply: ReplyName,
    /// Send each reply's audio at once instead of in real time
    #[arg(long)]
    burst: bool,
    /// API key to accept [default: any]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Call a tool when the caller says a word, or in the turn of this number; repeatable
    ///
    /// For example 'table=book_table:{"people":2}' or '2=look_up'.
    #[arg(long = "tool", value_name = "WORD=TOOL[:JSON]")]
    tools: Vec<ToolRule>,
    /// Scenario to play: a TOML file or the name of a built-in one (`list` lists them); repeatable
    #[arg(long = "scenario", value_name = "FILE|NAME")]
    scenarios: Vec<String>,
    /// Record all WebSocket messages to this file, one JSON object per line
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Replay the server's messages from a file written by --record
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "scenarios", "tools"])]
    replay: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ReplyName {
    /// Repeat what it heard
    #[default]
    Parrot,
    /// Play built-in clips in turn
    Script,
}

impl Sim {
    pub(super) async fn run(self) -> Done {
        if self.scenarios.iter().any(|name| name == LIST) {
            list();
            return Ok(ExitCode::SUCCESS);
        }
        let signals = Signals::watch()?;
        let options = self.options()?;
        let simulator = Simulator::bind(options)
            .await
            .map_err(|error| match error {
                SimError::Listen { address, error } => {
                    anyhow!(diagnostics::listen(address, &error, "--listen"))
                }
                error => anyhow!("{error}; choose another file with --record"),
            })?;
        output::line(&format_args!("listening on {}", simulator.url()));
        simulator.run(signals.first()).await;
        Ok(ExitCode::SUCCESS)
    }

    fn options(self) -> anyhow::Result<Options> {
        let scenarios: Result<_, _> = self.scenarios.iter().map(|it| scenario(it)).collect();
        let replay = self.replay.as_deref().map(recording).transpose();
        Ok(Options {
            listen: self.listen,
            key: self.key,
            reply: match self.reply {
                ReplyName::Parrot => Reply::Parrot,
                ReplyName::Script => Reply::Script,
            },
            pace: if self.burst {
                Pace::Burst
            } else {
                Pace::RealTime
            },
            tool_rules: self.tools,
            scenarios: scenarios?,
            record: self.record,
            replay: replay?,
            ..Options::default()
        })
    }
}

/// The built-in scenario of this name, else the one in this file.
fn scenario(name: &str) -> anyhow::Result<Scenario> {
    match Scenario::bundled(name) {
        Some(scenario) => Ok(scenario),
        None if !Path::new(name).exists() => bail!(
            "there is no built-in scenario and no file {name} (`parlor sim --scenario {LIST}` lists the built-in ones){}",
            did_you_mean(name, Scenario::names())
        ),
        None => Scenario::read(Path::new(name)).context("cannot load the scenario"),
    }
}

fn recording(path: &Path) -> anyhow::Result<Recording> {
    Recording::read(path).map_err(|error| match error {
        RecordingError::Read { error, .. } => anyhow!("cannot read {}: {error}", path.display()),
        error => anyhow!(
            "cannot replay {}: {error}; `parlor sim --record` writes recordings",
            path.display()
        ),
    })
}

fn list() {
    for name in Scenario::names() {
        let about = Scenario::bundled(name);
        let about = about.as_ref().map_or("", Scenario::about);
        output::line(&format_args!("{name:<18} {about}"));
    }
}
