//! `parlor cell`: makes calls for the daemon that started it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;

use super::Done;
use crate::config::{Config, Overrides, Source};
use crate::session::Tally;

/// The command's flags.
#[derive(Debug, Args)]
pub(super) struct Cell {
    /// The agent's file [default: agent.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
}

impl Cell {
    pub(super) async fn run(self, source: &Source) -> Done {
        let overrides = Overrides {
            agent_file: self.agent,
            caller_wait: None,
        };
        let config = Config::load(source, &overrides)?;
        let cell = crate::cell::Cell {
            livekit_url: config.livekit.url,
            agent: config.api.endpoint(),
            settings: config.agent.settings,
            tally: Tally::default(),
        };
        let ended = cell.run(tokio::io::stdin(), tokio::io::stdout()).await;
        ended.map_err(|error| anyhow!(error))?;
        Ok(ExitCode::SUCCESS)
    }
}
