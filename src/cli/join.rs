//! `parlor join`: one agent in one room, without a dispatch.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use parlor_common::random;
use parlor_common::settings::Source;
use parlor_core::conversation::Event;
use parlor_core::ids::Identity;
use parlor_livekit::LiveKit;
use parlor_livekit::token::{Grant, Kind, mint};
use tokio::task::JoinHandle;

use super::report_delivery::ReportDelivery;
use super::{Done, output};
use crate::agent_store::AgentStore;
use crate::config::{Config, Overrides, Reload};
use crate::diagnostics;
use crate::session::Call;
use crate::shutdown::Signals;

/// How long the agent's token is valid for joining. It does not limit the call.
const TOKEN_VALID: Duration = Duration::from_secs(3600);

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor join --room kitchen --agent agent.toml\n\n\
    Exit code: 0 if the call ended normally, 1 if it failed, 64 if the configuration is invalid."
)]
pub(super) struct Join {
    /// Name of the room to join; LiveKit creates it if it does not exist
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    room: String,
    /// Identity of the agent, unique in the room [default: agent- and a random suffix]
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    identity: Option<String>,
    /// Path of the agent file [default: agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Seconds to wait for a caller in an empty room [default: forever]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=2_592_000))]
    caller_wait: Option<u64>,
    /// Identity of the only participant the agent listens to [default: the first caller]
    #[arg(long, value_name = "IDENTITY")]
    caller_identity: Option<String>,
}

impl Join {
    pub(super) async fn run(self, source: &Source) -> Done {
        let signals = Signals::watch()?;
        let overrides = Overrides {
            agent_file: self.agent,
            caller_wait: self.caller_wait.map(Duration::from_secs),
            caller: self.caller_identity.as_deref().map(Identity::from),
        };
        let config = Config::load(source, &overrides)?;
        config.agent.log_warnings();
        let identity = self.identity.unwrap_or_else(|| random::random("agent"));
        let token = agent_token(&config.livekit, &self.room, &identity, &config.agent.name)?;
        let url = config.livekit.url.clone();
        let (agent_store, following) = follow(&config, source, overrides)?;
        tokio::select! {
            ready = agent_store.ready() => ready.map_err(|it| anyhow!(it.join("; ")))?,
            () = signals.first() => {
                agent_store.close().await;
                return Ok(ExitCode::SUCCESS);
            }
        }
        tracing::info!(room = %self.room, %identity, %url, "joining");
        let api = config.api.endpoint();
        let call = Call::new(config.livekit, token, api, agent_store.subscribe());
        let delivery = ReportDelivery::start(config.agent.reports);
        let events = signals.events(|| Event::Shutdown);
        let calling = async {
            let ended = call.run(events).await;
            following.abort();
            agent_store.close().await;
            delivery.end().await;
            ended
        };
        let ended = tokio::select! {
            ended = calling => ended,
            () = signals.second() => return Ok(ExitCode::FAILURE),
        };
        let outcome =
            ended.map_err(|error| anyhow!(diagnostics::join(&error, &self.room, &url)))?;
        if outcome.is_success() {
            return Ok(ExitCode::SUCCESS);
        }
        output::error(&outcome.explanation());
        Ok(ExitCode::FAILURE)
    }
}

/// Creates the store of the agent and a task that updates it when the agent file changes.
fn follow(
    config: &Config,
    source: &Source,
    overrides: Overrides,
) -> anyhow::Result<(Arc<AgentStore>, JoinHandle<()>)> {
    let joined = |problems: Vec<String>| anyhow!(problems.join("; "));
    let agent_store = AgentStore::new(config.agent.clone(), source).map_err(joined)?;
    let agent_store = Arc::new(agent_store);
    let mut reload = Reload::new(source, overrides, config.agent_text.clone());
    let kept = agent_store.clone();
    let following = tokio::spawn(async move {
        loop {
            let (agent, _) = reload.next().await;
            if let Err(problems) = kept.replace(agent) {
                let problems = problems.join("; ");
                tracing::error!(%problems, "cannot apply the new agent file, keeping the previous one");
            }
        }
    });
    Ok((agent_store, following))
}

fn agent_token(
    livekit: &LiveKit,
    room: &str,
    identity: &str,
    name: &str,
) -> anyhow::Result<parlor_core::secret::Secret> {
    let grant = Grant {
        room,
        identity,
        name,
        kind: Kind::Agent,
        valid: TOKEN_VALID,
    };
    mint(livekit, &grant).context("cannot create the agent's access token")
}
