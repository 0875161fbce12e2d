//! `parlor dev`: the worker on a laptop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::time::{MissedTickBehavior, interval};

use super::Done;
use super::worker::{Flags, Plan};
use crate::config::{Config, DEFAULT_AGENT_FILE, Overrides, Source};
use crate::ops::log::Format;

/// Between two looks at the agent's file.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Example: parlor dev --agent-name clerk\n\n\
    Save agent.toml, and the next call has it. Ctrl-C ends every call at once.")]
pub(super) struct Dev {
    #[command(flatten)]
    flags: Flags,
    /// Where health, metrics and calls are shown over HTTP
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    health: SocketAddr,
}

impl Dev {
    pub(super) async fn run(self, source: &Source) -> Done {
        let overrides = self.flags.overrides();
        let plan = Plan {
            full_at: None,
            drain_within: Duration::ZERO,
            health: self.health,
            log_format: super::log_format(source, Format::Text)?,
            reload: true,
            flags: self.flags,
        };
        tokio::select! {
            done = plan.run(source) => done,
            never = watch(source, overrides) => match never {},
        }
    }
}

/// Says of each change of the agent's file whether the next call has it.
async fn watch(source: &Source, overrides: Overrides) -> std::convert::Infallible {
    let named = overrides.agent_file.clone();
    let named = named.or_else(|| source.text("PARLOR_AGENT").map(PathBuf::from));
    let file = named.unwrap_or_else(|| DEFAULT_AGENT_FILE.into());
    let mut known = changed(&file);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let now = changed(&file);
        if now == known {
            continue;
        }
        known = now;
        match Config::load(source, &overrides) {
            Ok(_) => tracing::info!(file = %file.display(), "changed: the next call has it"),
            Err(error) => tracing::error!("{error}; the next call has what was before"),
        }
    }
}

/// When the file was changed last; none while it is not there.
fn changed(file: &Path) -> Option<SystemTime> {
    file.metadata().ok()?.modified().ok()
}
