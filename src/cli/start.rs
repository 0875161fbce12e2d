//! `parlor start`: a worker.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use parlor_common::settings::Source;

use super::Done;
use super::worker::{Flags, Plan};
use crate::ops::log::Format;

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor start --agent-name clerk --max-calls 20\n\n\
    After SIGTERM or Ctrl-C the worker takes no new calls, and running calls may continue for\n\
    --drain-timeout. Then the agent says goodbye in the remaining calls, and the process exits at\n\
    most 35 seconds later: do not kill it earlier. A second signal ends everything at once.\n\
    Exit code: 0 if every call ended on its own, 1 if calls were cut short or if LiveKit refuses the\n\
    API key."
)]
pub(super) struct Start {
    #[command(flatten)]
    flags: Flags,
    /// Sustained machine load, above 0 and up to 1, at which the worker takes no more calls
    #[arg(
        long,
        value_name = "LOAD",
        env = "PARLOR_LOAD_THRESHOLD",
        default_value_t = 0.7,
        allow_negative_numbers = true,
        value_parser = share
    )]
    load_threshold: f32,
    /// Take calls regardless of load
    #[arg(long)]
    any_load: bool,
    /// Listen address of the HTTP server for health, metrics and calls
    #[arg(
        long,
        value_name = "ADDR",
        env = "PARLOR_HEALTH",
        default_value = "0.0.0.0:8081"
    )]
    health: SocketAddr,
    /// Seconds that running calls may continue after SIGTERM or Ctrl-C; the process exits at most
    /// 35 s later
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PARLOR_DRAIN_TIMEOUT",
        default_value_t = 3600,
        value_parser = clap::value_parser!(u64).range(0..=2_592_000)
    )]
    drain_timeout: u64,
}

impl Start {
    pub(super) async fn run(self, source: &Source) -> Done {
        let plan = Plan {
            load_threshold: (!self.any_load).then_some(self.load_threshold),
            drain_within: Duration::from_secs(self.drain_timeout),
            says_goodbye: true,
            health: self.health,
            log_format: super::log_format(source, Format::Auto),
            flags: self.flags,
            status_sender: None,
        };
        plan.run(source).await
    }
}

/// Parses a fraction above 0 and up to 1.
fn share(text: &str) -> Result<f32, &'static str> {
    let share = text.parse().ok();
    let share = share.filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or("it must be a number above 0 and up to 1")
}
