//! `parlor web`: the page and its endpoint alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Done, agent_name, output};
use crate::config::{AgentApi, ConfigError, LiveKit, Overrides, Source, address};
use crate::definition::Voices;
use crate::shutdown::Signals;
use crate::web::{self, Origin, VoiceMenu};

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor web --agent-name clerk --listen 127.0.0.1:8080\n\n\
    Each visit is a room of its own. Browsers give the microphone to pages of this machine and to \
    https:// only:\nelsewhere put a proxy with TLS in front. Tokens of LiveKit are given at \
    POST /api/token."
)]
pub(super) struct Web {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "PARLOR_WEB_LISTEN", default_value_t = web::DEFAULT_ADDRESS)]
    listen: SocketAddr,
    /// The agent that is sent to visitors; without it, agents that come to every room
    #[arg(
        long,
        env = "LIVEKIT_AGENT_NAME",
        default_value = "",
        hide_default_value = true
    )]
    agent_name: String,
    /// LiveKit's address as browsers have it [default: LIVEKIT_URL]
    #[arg(long, value_name = "URL", env = "PARLOR_WEB_LIVEKIT_URL", value_parser = address::checked)]
    livekit_url: Option<String>,
    /// A page of another origin (scheme, host, port) that may ask for tokens; more than once for more
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "PARLOR_WEB_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    allow_origins: Vec<Origin>,
    /// Let visitors choose rooms and identities, and so join each other
    #[arg(long, env = "PARLOR_WEB_ALLOW_ROOMS")]
    allow_rooms: bool,
    /// Let visitors see what tools are given and give, and all else that is for managers
    #[arg(long, env = "PARLOR_WEB_MANAGE")]
    manage: bool,
    /// Let visitors choose the agent's voice, among those that the agent's file allows
    #[arg(long, env = "PARLOR_WEB_VOICES")]
    voices: bool,
    /// The agent's file, for --voices [default: agent.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Tokens for each visitor's address in a minute; ten times as many for all together
    #[arg(long, value_name = "N", env = "PARLOR_WEB_RATE", default_value_t = web::DEFAULT_RATE, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
}

impl Web {
    pub(super) async fn run(self, source: &Source) -> Done {
        let signals = Signals::watch()?;
        let livekit = LiveKit::load(source)?;
        let voices = match self.voices {
            true => Some(voices(source, self.agent)?),
            false => None,
        };
        let options = web::Options {
            listen: self.listen,
            livekit,
            server_url: self.livekit_url,
            agent_name: agent_name(source, &self.agent_name),
            allow_origins: self.allow_origins,
            allow_rooms: self.allow_rooms,
            manage: self.manage,
            voices,
            tokens_a_minute: self.rate,
        };
        let page = web::Web::bind(options).await;
        let page = page.map_err(anyhow::Error::from)?;
        output::line(&format_args!("talk to the agent: {}", page.url()));
        page.run(signals.first()).await;
        Ok(ExitCode::SUCCESS)
    }
}

/// The voices that the agent's file allows, and the API that lists them.
fn voices(source: &Source, agent_file: Option<PathBuf>) -> Result<VoiceMenu, ConfigError> {
    let overrides = Overrides {
        agent_file,
        ..Overrides::default()
    };
    let choices = Voices::load(source, &overrides)?;
    let api = AgentApi::load_if_keyed(source)?;
    let why = match &choices {
        Voices::Own => "the agent's file allows no voices: set [voice] choices",
        Voices::All if api.is_none() => {
            "set ASSEMBLYAI_API_KEY, which the list of voices needs, or name the voices in [voice] choices"
        }
        _ => return Ok(VoiceMenu { choices, api }),
    };
    let why = format!("--voices (PARLOR_WEB_VOICES) cannot be used: {why}");
    Err(ConfigError(vec![why]))
}
