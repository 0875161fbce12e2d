//! `parlor web`: only the web page and its token endpoint.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use parlor_common::settings::{ConfigError, Source, address};
use parlor_livekit::LiveKit;
use parlor_voice_agent::AgentApi;

use super::{Done, agent_name, output};
use crate::config::Overrides;
use crate::definition::Voices;
use crate::diagnostics;
use crate::shutdown::Signals;
use crate::web::{self, Origin, VoiceMenu, WebError};

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor web --agent-name clerk --listen 127.0.0.1:8080\n\n\
    Each visit gets its own room. Browsers allow the microphone only on pages from this machine and\n\
    on https:// pages: to serve other machines, put a TLS proxy in front. Apps get LiveKit access\n\
    tokens from POST /api/token."
)]
pub(super) struct Web {
    /// Listen address; port 0 picks a free port
    #[arg(long, value_name = "ADDR", env = "PARLOR_WEB_LISTEN", default_value_t = web::DEFAULT_ADDRESS)]
    listen: SocketAddr,
    /// Name of the agent to dispatch to visitors; if unset, the agent that joins every room
    #[arg(
        long,
        env = "LIVEKIT_AGENT_NAME",
        default_value = "",
        hide_default_value = true
    )]
    agent_name: String,
    /// Address at which browsers reach LiveKit [default: LIVEKIT_URL]
    #[arg(long, value_name = "URL", env = "PARLOR_WEB_LIVEKIT_URL", value_parser = address::checked)]
    livekit_url: Option<String>,
    /// Another origin (scheme, host, port) whose pages may request tokens; repeatable
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "PARLOR_WEB_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    allow_origins: Vec<Origin>,
    /// Let visitors choose their room and identity, and so join each other
    #[arg(long, env = "PARLOR_WEB_ALLOW_ROOMS")]
    allow_rooms: bool,
    /// Let visitors see tool arguments and results, and everything else reserved for managers
    #[arg(long, env = "PARLOR_WEB_MANAGE")]
    manage: bool,
    /// Let visitors choose the agent's voice from those that the agent file allows
    #[arg(long, env = "PARLOR_WEB_VOICES")]
    voices: bool,
    /// Path of the agent file, for --voices [default: agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Maximum tokens per minute for each client address; ten times as many for all together
    #[arg(long, value_name = "N", env = "PARLOR_WEB_RATE", default_value_t = web::DEFAULT_RATE, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
}

impl Web {
    pub(super) async fn run(self, source: &Source) -> Done {
        let signals = Signals::watch()?;
        let livekit = LiveKit::load(source)?;
        let voices = match self.voices {
            true => Some(voices(source, self.agent)?),
            false => {
                if self.agent.is_some() {
                    tracing::warn!(
                        "--agent has no effect without --voices: the page only needs the agent file for its voices"
                    );
                }
                None
            }
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
        let page = page.map_err(|error| cannot_serve(&error, "--listen"))?;
        output::line(&format_args!("talk to the agent: {}", page.url()));
        page.run(signals.first()).await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Describes why the page cannot be served.
pub(super) fn cannot_serve(error: &WebError, flag: &str) -> anyhow::Error {
    match error {
        WebError::Listen { address, error } => {
            anyhow!(diagnostics::listen(*address, error, flag))
        }
        error => anyhow!("{error}"),
    }
}

/// The voices that the agent file allows, and the API that lists them.
fn voices(source: &Source, agent_file: Option<PathBuf>) -> Result<VoiceMenu, ConfigError> {
    let overrides = Overrides {
        agent_file,
        ..Overrides::default()
    };
    let choices = Voices::load(source, &overrides)?;
    let api = AgentApi::load_if_keyed(source)?;
    let why = match &choices {
        Voices::Own => "the agent file allows no choice of voices: set [voice] choices",
        Voices::All if api.is_none() => {
            "set ASSEMBLYAI_API_KEY to list the API's voices, or name the voices in [voice] choices"
        }
        _ => return Ok(VoiceMenu { choices, api }),
    };
    let why = format!("--voices (PARLOR_WEB_VOICES) cannot be used: {why}");
    Err(ConfigError(vec![why]))
}
