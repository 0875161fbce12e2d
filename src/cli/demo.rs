//! `parlor demo`: a complete call on this machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use parlor_common::settings::Source;
use parlor_core::conversation::{Event, Fact};
use parlor_sim::ToolRule;
use parlor_voice_agent::AgentApi;

use super::demo_page::DemoPage;
use super::{Done, output};
use crate::agent_store::AgentStore;
use crate::config::{Agent, Overrides};
use crate::demo::{Demonstration, Progress, Voice};
use crate::shutdown::Signals;

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  parlor demo --caller speech.wav\n  parlor demo --web\n\n\
    If ASSEMBLYAI_API_KEY is set, the demo uses the real Voice Agent API instead of the simulator."
)]
pub(super) struct Demo {
    /// WAV file with what the caller says [default: a short built-in talk]
    #[arg(long, value_name = "FILE", conflicts_with = "no_caller")]
    caller: Option<PathBuf>,
    /// Wait for you to join from any LiveKit client
    #[arg(long)]
    no_caller: bool,
    /// Serve a web page to talk to the agent, until Ctrl-C [default: 127.0.0.1:8080, or another
    /// port if that one is taken]
    #[arg(long, value_name = "ADDR", num_args = 0..=1, conflicts_with_all = ["caller", "no_caller", "out"])]
    web: Option<Option<SocketAddr>>,
    /// Do not open the page in a browser
    #[arg(long, requires = "web")]
    no_open: bool,
    /// Path of the agent file [default: agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Make the simulator call a tool, as `parlor sim --tool` does; repeatable
    #[arg(long = "tool", value_name = "WORD=TOOL[:JSON]")]
    tools: Vec<ToolRule>,
    /// WAV file in which to save what the caller heard
    #[arg(long, value_name = "FILE", default_value = "demo-heard.wav")]
    out: PathBuf,
}

impl Demo {
    pub(super) async fn run(self, source: &Source) -> Done {
        if let Some(listen) = self.web {
            let page = DemoPage {
                listen,
                opens: !self.no_open,
                agent: self.agent,
                tool_rules: self.tools,
            };
            return page.run(source).await;
        }
        if !self.no_caller {
            // Otherwise it would be reported only once the call is over.
            check_folder(&self.out)?;
        }
        let signals = Signals::watch()?;
        let overrides = Overrides {
            agent_file: self.agent,
            caller_wait: None,
            caller: None,
        };
        let mut agent = Agent::load(source, &overrides)?;
        if !self.no_caller {
            // The demo's caller does not reconnect.
            agent.settings.caller_grace = Duration::ZERO;
        }
        let voice = match (&self.caller, self.no_caller) {
            (_, true) => Voice::Yours,
            (Some(file), false) => Voice::File(file.clone()),
            (None, false) => Voice::Shipped,
        };
        let agent_store = AgentStore::new(agent, source).map_err(|it| anyhow!(it.join("; ")))?;
        let demonstration = Demonstration {
            agent_store,
            voice,
            heard: self.out.clone(),
            livekit_server: source.text("PARLOR_LIVEKIT_SERVER").map(PathBuf::from),
            api: AgentApi::load_if_keyed(source)?,
            tool_rules: self.tools,
        };
        let events = signals.events(|| Event::Shutdown);
        let ended = tokio::select! {
            ended = demonstration.run(events, &print_progress) => ended,
            () = signals.second() => return Ok(ExitCode::FAILURE),
        };
        let outcome = ended.context("cannot run the demo")?;
        output::line(&format_args!("call ended: {}", outcome.explanation()));
        output::line(&"to talk to the agent yourself, in a browser, run: parlor demo --web");
        Ok(if outcome.is_success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Checks that the file `out` can be in its folder.
fn check_folder(out: &Path) -> anyhow::Result<()> {
    let folder = out.parent().filter(|it| !it.as_os_str().is_empty());
    let shown = out.display();
    if out.is_dir() {
        bail!("cannot write {shown}: it is a directory; name a file with --out");
    }
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => bail!(
            "cannot write {shown}: there is no folder {}; create it, or name another file with --out",
            folder.display()
        ),
        None => Ok(()),
    }
}

/// Prints events as they happen, with the transcript: a demo has nothing to keep private.
fn print_progress(progress: Progress<'_>) {
    match progress {
        Progress::Up { server, api } => {
            output::line(&format_args!("livekit-server  {server}"));
            output::line(&format_args!("Voice Agent API {api}"));
        }
        Progress::Link { url, token } => {
            output::line(&"join from any LiveKit client:");
            output::line(&format_args!(
                "  https://meet.livekit.io/custom?liveKitUrl={url}&token={}",
                token.reveal()
            ));
        }
        Progress::Said(clip) => {
            output::line(&format_args!("{} {clip}", output::colour("caller >", 36)))
        }
        Progress::Fact(fact) => print_fact(fact),
        Progress::Saved { file, seconds } => output::line(&format_args!(
            "saved what the caller heard: {} ({seconds:.1} s)",
            file.display()
        )),
    }
}

fn print_fact(fact: &Fact) {
    match fact {
        Fact::SessionReady { .. } => output::line(&"the agent is listening"),
        Fact::UserTranscript {
            text,
            is_final: true,
            ..
        }
        | Fact::UserWrote { text } => output::line(&format_args!(
            "{} {}",
            output::colour("heard  <", 36),
            text.reveal()
        )),
        Fact::AgentTranscript {
            text, interrupted, ..
        } => {
            let cut = if *interrupted { " [interrupted]" } else { "" };
            let who = output::colour("agent  >", 35);
            output::line(&format_args!("{who} {}{cut}", text.reveal()));
        }
        Fact::AgentError(error) => output::line(&format_args!("error: {}", error.message)),
        _ => {}
    }
}
