//! `parlor dev`: a worker for development.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use parlor_common::settings::Source;

use super::Done;
use super::worker::{Flags, Plan};
use crate::ops::log::Format;

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Example: parlor dev --agent-name clerk\n\n\
    Running calls follow a saved agent.toml from their next turn. Ctrl-C ends all calls at once.")]
pub(super) struct Dev {
    #[command(flatten)]
    flags: Flags,
    /// Listen address of the HTTP server for health, metrics and calls
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    health: SocketAddr,
}

impl Dev {
    pub(super) async fn run(self, source: &Source) -> Done {
        let plan = Plan {
            load_threshold: None,
            drain_within: Duration::ZERO,
            says_goodbye: false,
            health: self.health,
            log_format: super::log_format(source, Format::Text),
            flags: self.flags,
            status_sender: None,
        };
        plan.run(source).await
    }
}
