//! `parlor join`: one worker, one room.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use parlor_core::conversation::Event;
use tokio::sync::mpsc;

use super::{Done, out};
use crate::config::{Config, LiveKit, Overrides, Source};
use crate::explain;
use crate::names;
use crate::session::{Call, Tally};
use crate::shutdown;
use crate::token::{Grant, Kind, mint};

/// How long the agent's token lets it join; it stays once it has.
const TOKEN_VALID: Duration = Duration::from_secs(3600);

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor join --room kitchen --agent agent.toml\n\n\
    Ends with 0 when the call ended as calls do, 1 when it failed, 64 when a setting is wrong."
)]
pub(super) struct Join {
    /// The room to join; LiveKit makes it when it is not there
    #[arg(long)]
    room: String,
    /// Who the agent is in the room, unique there [default: agent-, and a random word]
    #[arg(long)]
    identity: Option<String>,
    /// The agent's file [default: agent.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Seconds to wait for a caller in an empty room [default: for ever]
    #[arg(long, value_name = "SECONDS")]
    caller_wait: Option<u64>,
}

impl Join {
    pub(super) async fn run(self, source: &Source) -> Done {
        let overrides = Overrides {
            agent_file: self.agent,
            caller_wait: self.caller_wait.map(Duration::from_secs),
        };
        let config = Config::load(source, &overrides)?;
        let identity = self.identity.unwrap_or_else(|| names::random("agent"));
        let token = agent_token(&config.livekit, &self.room, &identity, &config.agent.name)?;
        let url = config.livekit.url.clone();
        tracing::info!(room = %self.room, %identity, %url, "joining");
        let call = Call {
            livekit_url: config.livekit.url,
            token,
            agent: config.api.endpoint(),
            settings: config.agent.settings,
            watch: None,
            tally: Tally::default(),
            stages: None,
        };
        let (control, events) = mpsc::channel::<Event>(shutdown::SIGNALS);
        let signals = shutdown::on_signals(control, || Event::Shutdown)?;
        let ended = call.run(events).await;
        signals.abort();
        let outcome = ended.map_err(|error| anyhow!(explain::join(&error, &self.room, &url)))?;
        if outcome.is_success() {
            return Ok(ExitCode::SUCCESS);
        }
        out::error(&explain::outcome(&outcome));
        Ok(ExitCode::FAILURE)
    }
}

fn agent_token(
    livekit: &LiveKit,
    room: &str,
    identity: &str,
    name: &str,
) -> anyhow::Result<parlor_core::private::Secret> {
    let grant = Grant {
        room,
        identity,
        name,
        kind: Kind::Agent,
        valid: TOKEN_VALID,
    };
    mint(livekit, &grant).context("the agent's token cannot be made")
}
