//! `parlor demo --web`: the web page with a worker behind it, on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use parlor_common::settings::Source;
use parlor_sim::ToolRule;
use parlor_voice_agent::AgentApi;
use tokio::sync::oneshot;

use super::web::cannot_serve;
use super::worker::{Flags, Plan};
use super::{Done, browser, output};
use crate::config::Overrides;
use crate::definition::Voices;
use crate::demo::Servers;
use crate::ops::log::Format;
use crate::shutdown::Signals;
use crate::web::{self, VoiceMenu, Web, WebError};

/// Any free port on the loopback interface.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Options of `parlor demo --web`.
pub(super) struct DemoPage {
    /// Listen address of the page; without it, the default or any free port.
    pub(super) listen: Option<SocketAddr>,
    /// Whether to open the page in a browser.
    pub(super) opens: bool,
    /// Path of the agent file.
    pub(super) agent: Option<PathBuf>,
    /// When the simulator calls which tool.
    pub(super) tool_rules: Vec<ToolRule>,
}

impl DemoPage {
    /// Serves the page until a signal arrives, and stops everything it has started.
    pub(super) async fn run(mut self, source: &Source) -> Done {
        let elsewhere = self.listen.filter(|it| !it.ip().is_loopback());
        if let Some(address) = elsewhere {
            let why = "the demo is only for this machine: give --web a loopback address, such as 127.0.0.1:8080";
            return Err(anyhow!("{address}: {why}").into());
        }
        let signals = Signals::watch()?;
        let program = source.text("PARLOR_LIVEKIT_SERVER").map(PathBuf::from);
        let api = AgentApi::load_if_keyed(source)?;
        let tool_rules = std::mem::take(&mut self.tool_rules);
        let servers = tokio::select! {
            started = Servers::start(program.as_deref(), api, tool_rules) => started.context("cannot run the demo")?,
            () = signals.first() => return Ok(ExitCode::SUCCESS),
        };
        let done = self.serve(&servers, source, &signals).await;
        servers.stop().await;
        done
    }

    async fn serve(self, servers: &Servers, source: &Source, signals: &Signals) -> Done {
        let voices = Voices::load(source, &self.overrides())?;
        let page = self.page(servers, voices).await;
        let page = page.map_err(|error| cannot_serve(&error, "--web"))?;
        let url = page.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(page.run(async {
            // Dropping the sender stops the server, too.
            stopped.await.ok();
        }));
        let (status_sender, status) = oneshot::channel();
        let plan = Plan {
            load_threshold: None,
            drain_within: Duration::ZERO,
            says_goodbye: false,
            health: ANYWHERE,
            log_format: super::log_format(source, Format::Text),
            flags: Flags::for_every_room(self.agent),
            status_sender: Some(status_sender),
        };
        let settings = settings(servers, source);
        let mut working = pin!(plan.run(&settings));
        let ready = async {
            match status.await {
                Ok(status) => status.registered().await,
                // The worker has failed; its own result says why.
                Err(_) => std::future::pending().await,
            }
        };
        // Until the page is announced, nothing needs a graceful shutdown.
        let ended = tokio::select! {
            done = &mut working => Some(done),
            () = signals.first() => Some(Ok(ExitCode::SUCCESS)),
            () = ready => None,
        };
        let done = match ended {
            Some(done) => done,
            None => {
                output::line(&format_args!("livekit-server  {}", servers.livekit().url));
                output::line(&format_args!("voice agent API {}", servers.api().base_url));
                output::line(&format_args!("talk to the agent: {url} (Ctrl-C to stop)"));
                if self.opens {
                    browser::open(&url, source);
                }
                working.await
            }
        };
        drop(stop);
        serving.await.context("the web server task failed")?;
        done
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            agent_file: self.agent.clone(),
            ..Overrides::default()
        }
    }

    /// Binds the page, whose visitors may manage the agent session. If no address was given and the
    /// default port is taken, it uses any free port.
    async fn page(&self, servers: &Servers, voices: Voices) -> Result<Web, WebError> {
        let menu = VoiceMenu {
            choices: voices,
            api: Some(servers.api().clone()),
        };
        let at = |listen| web::Options {
            listen,
            manage: true,
            voices: Some(menu.clone()),
            ..web::Options::new(servers.livekit().clone())
        };
        match self.listen {
            Some(listen) => Web::bind(at(listen)).await,
            None => match Web::bind(at(web::DEFAULT_ADDRESS)).await {
                Err(WebError::Listen { .. }) => Web::bind(at(ANYWHERE)).await,
                page => page,
            },
        }
    }
}

/// Settings of the worker and its cells: those of this process, with the addresses and keys of the
/// demo's servers.
fn settings(servers: &Servers, source: &Source) -> Source {
    let (livekit, api) = (servers.livekit(), servers.api());
    let log = source.text("PARLOR_LOG");
    let here = [
        ("LIVEKIT_URL", livekit.url.as_str()),
        ("LIVEKIT_API_KEY", &livekit.api_key),
        ("LIVEKIT_API_SECRET", livekit.api_secret.reveal()),
        ("LIVEKIT_AGENT_NAME_OVERRIDE", ""),
        ("LIVEKIT_AGENT_DEPLOYMENT", ""),
        ("LIVEKIT_WORKER_TOKEN", ""),
        ("ASSEMBLYAI_BASE_URL", &api.base_url),
        ("ASSEMBLYAI_API_KEY", api.key.reveal()),
        ("PARLOR_LOG", log.as_deref().unwrap_or("warn")),
    ];
    source.clone().with(here)
}
