//! `parlor cell`: handles calls for the worker that started it.

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use parlor_common::settings::Source;
use parlor_livekit::LiveKit;
use parlor_voice_agent::AgentApi;

use super::Done;
use super::worker::SecondAgentName;
use crate::session::Tally;

/// The command's flags.
#[derive(Debug, Args)]
pub(super) struct Cell {
    /// Agent name, if a room may have only one agent of that name
    #[arg(long)]
    agent_name: Option<String>,
    /// Which of two agents of that name stays in the room
    #[arg(long, default_value = "refuse")]
    second_agent: SecondAgentName,
}

impl Cell {
    pub(super) async fn run(self, source: &Source) -> Done {
        let cell = crate::cell::Cell {
            livekit: LiveKit::load(source)?,
            agent: AgentApi::load(source)?.endpoint(),
            source: source.clone(),
            agent_name: self.agent_name,
            second_agent: self.second_agent.into(),
            tally: Tally::default(),
        };
        let ended = cell.run(tokio::io::stdin(), tokio::io::stdout()).await;
        ended.map_err(|error| anyhow!(error))?;
        Ok(ExitCode::SUCCESS)
    }
}
