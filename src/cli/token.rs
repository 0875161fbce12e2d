//! `parlor token`: a token for a room.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::{Done, output};
use crate::config::{LiveKit, Source};
use crate::token::{Grant, Kind, mint};

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Example: parlor token --room kitchen --identity ada --hours 2")]
pub(super) struct Token {
    /// The room it opens
    #[arg(long)]
    room: String,
    /// Who its bearer is, unique in the room
    #[arg(long, default_value = "caller")]
    identity: String,
    /// The name shown to people [default: the identity]
    #[arg(long)]
    name: Option<String>,
    /// For how long it lets somebody join
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=24 * 365))]
    hours: u64,
    /// Also print the address, as JSON
    #[arg(long)]
    json: bool,
}

impl Token {
    pub(super) fn run(self, source: &Source) -> Done {
        let livekit = LiveKit::load(source)?;
        let grant = Grant {
            room: &self.room,
            identity: &self.identity,
            name: self.name.as_deref().unwrap_or(&self.identity),
            kind: Kind::Caller,
            valid: Duration::from_secs(self.hours * 3600),
        };
        let token = mint(&livekit, &grant).context("the token cannot be made")?;
        if self.json {
            let answer = serde_json::json!({
                "server_url": livekit.url,
                "participant_token": token.reveal(),
            });
            output::line(&answer);
        } else {
            output::line(&token.reveal());
        }
        Ok(ExitCode::SUCCESS)
    }
}
