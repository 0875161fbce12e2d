//! `parlor token`: prints an access token for a room.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use parlor_common::settings::Source;
use parlor_livekit::LiveKit;
use parlor_livekit::token::{Grant, Kind, mint};

use super::{Done, output};

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Example: parlor token --room kitchen --identity ada --hours 2")]
pub(super) struct Token {
    /// Name of the room that the token gives access to
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    room: String,
    /// Identity of the participant, unique in the room
    #[arg(long, default_value = "caller", value_parser = NonEmptyStringValueParser::new())]
    identity: String,
    /// Display name of the participant [default: the identity]
    #[arg(long)]
    name: Option<String>,
    /// Hours for which the token is valid for joining
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=24 * 365))]
    hours: u64,
    /// Print the token and the LiveKit address as JSON
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
        let token = mint(&livekit, &grant).context("cannot create the access token")?;
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
