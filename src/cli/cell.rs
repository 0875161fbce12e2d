//! `parlor cell`: makes calls for the daemon that started it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;

use super::Done;
use super::worker::SecondAgentName;
use crate::cell::Reload;
use crate::config::{Config, Overrides, Source};
use crate::session::Tally;

/// The command's flags.
#[derive(Debug, Args)]
pub(super) struct Cell {
    /// The agent's file [default: agent.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// What the agent is called, if there is to be only one of that name in a room
    #[arg(long)]
    agent_name: Option<String>,
    /// Who stays of two
    #[arg(long, default_value = "refuse")]
    second_agent: SecondAgentName,
    /// Read the agent's file again for each call
    #[arg(long)]
    reload: bool,
}

impl Cell {
    pub(super) async fn run(self, source: &Source) -> Done {
        let overrides = Overrides {
            agent_file: self.agent,
            caller_wait: None,
        };
        let config = Config::load(source, &overrides)?;
        let reload = self.reload.then(|| {
            let source = source.clone();
            let load = move || Ok(Config::load(&source, &overrides)?.agent.settings);
            Arc::new(load) as Reload
        });
        let cell = crate::cell::Cell {
            livekit_url: config.livekit.url,
            agent: config.api.endpoint(),
            settings: config.agent.settings,
            agent_name: self.agent_name,
            second_agent: self.second_agent.into(),
            reload,
            tally: Tally::default(),
        };
        let ended = cell.run(tokio::io::stdin(), tokio::io::stdout()).await;
        ended.map_err(|error| anyhow!(error))?;
        Ok(ExitCode::SUCCESS)
    }
}
