//! `parlor sim`: the simulator of the Voice Agent API alone.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::sync::mpsc;

use super::{Done, out};
use crate::shutdown;
use crate::sim::{Options, Pace, Reply, Simulator};

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor sim --listen 127.0.0.1:8765 --reply parrot\n\n\
    Then, elsewhere: ASSEMBLYAI_BASE_URL=ws://127.0.0.1:8765 parlor join --room kitchen"
)]
pub(super) struct Sim {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// What it answers
    #[arg(long, value_enum, default_value_t)]
    reply: ReplyName,
    /// Send each reply's audio at once instead of in real time
    #[arg(long)]
    burst: bool,
    /// The key it takes [default: any]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ReplyName {
    /// Says back what it heard
    #[default]
    Parrot,
    /// Plays shipped clips in turn
    Script,
}

impl Sim {
    pub(super) async fn run(self) -> Done {
        let options = Options {
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
            ..Options::default()
        };
        let simulator = Simulator::bind(options)
            .await
            .with_context(|| format!("the simulator cannot listen on {}", self.listen))?;
        out::line(&format_args!("listening on {}", simulator.url()));
        let (control, mut signals) = mpsc::channel(shutdown::SIGNALS);
        let watching = shutdown::on_signals(control, || ())?;
        simulator
            .run(async {
                signals.recv().await;
            })
            .await;
        watching.abort();
        Ok(ExitCode::SUCCESS)
    }
}
