//! `parlor doctor`: what is wrong on this machine, and what to do.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::{Done, command_line, output};
use crate::config::{Agent, AgentApi, ConfigError, LiveKit, Overrides, Source};
use crate::livekit_server::LiveKitServer;
use crate::room;
use crate::voice_agent::voices;

/// How long one check may take.
const CHECK_WITHIN: Duration = Duration::from_secs(10);

/// The command's flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: parlor doctor\n\nEnds with 0 when everything is well, 1 when something is not."
)]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    /// It works, but perhaps not as it is meant.
    warning: bool,
    what: String,
}

impl Doctor {
    pub(super) async fn run(self, mut source: Source) -> Done {
        let mut findings = vec![variables(&mut source)];
        findings.extend(agent(&source));
        findings.push(native_core());
        findings.push(match LiveKit::load(&source) {
            Ok(livekit) => livekit_server(&livekit).await,
            Err(error) => settings("livekit", &error),
        });
        findings.push(match AgentApi::load(&source) {
            Ok(api) => voice_agent_api(&api).await,
            Err(error) => settings("voice agent api", &error),
        });
        if self.json {
            output::line(&serde_json::json!({ "findings": findings }));
        } else {
            findings
                .iter()
                .for_each(|finding| output::line(&finding.line()));
        }
        let well = findings.iter().all(|finding| finding.ok);
        Ok(if well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

impl Finding {
    fn good(check: &'static str, what: impl Display) -> Self {
        let what = what.to_string();
        Self {
            check,
            ok: true,
            warning: false,
            what,
        }
    }

    fn warning(check: &'static str, what: impl Display) -> Self {
        Self {
            warning: true,
            ..Self::good(check, what)
        }
    }

    fn bad(check: &'static str, what: impl Display) -> Self {
        let what = what.to_string();
        Self {
            check,
            ok: false,
            warning: false,
            what,
        }
    }

    fn line(&self) -> String {
        let mark = match (self.ok, self.warning) {
            (false, _) => output::colour("FAIL", 31),
            (true, true) => output::colour("warn", 33),
            (true, false) => output::colour("ok  ", 32),
        };
        format!("{mark} {:<16} {}", self.check, self.what)
    }
}

fn settings(check: &'static str, error: &ConfigError) -> Finding {
    Finding::bad(check, error.0.join("; "))
}

/// The variables of all commands, and `.env`; the other checks look at the rest.
fn variables(source: &mut Source) -> Finding {
    const CHECK: &str = "settings";
    let mut problems = source.take_problems();
    problems.extend(command_line::problems(source));
    match problems.as_slice() {
        [] => Finding::good(CHECK, "all variables can be read"),
        problems => Finding::bad(CHECK, problems.join("; ")),
    }
}

fn agent(source: &Source) -> Vec<Finding> {
    const CHECK: &str = "agent";
    match Agent::load(source, &Overrides::default()) {
        Ok(agent) => {
            let name = Finding::good(CHECK, format_args!("{} is who answers", agent.name));
            let warnings = agent.definition.warnings().into_iter();
            let warnings = warnings.map(|it| Finding::warning(CHECK, it));
            std::iter::once(name).chain(warnings).collect()
        }
        Err(error) => vec![settings(CHECK, &error)],
    }
}

fn native_core() -> Finding {
    const CHECK: &str = "native core";
    match room::native_core() {
        Ok(core) => Finding::good(CHECK, core),
        Err(error) => Finding::bad(CHECK, error),
    }
}

async fn livekit_server(livekit: &LiveKit) -> Finding {
    const CHECK: &str = "livekit";
    let listing = async { LiveKitServer::new(livekit)?.list_rooms(Vec::new()).await };
    match listing.await {
        Ok(rooms) => Finding::good(
            CHECK,
            format_args!(
                "{} takes the key; rooms open now: {}",
                livekit.url,
                rooms.len()
            ),
        ),
        Err(error) => Finding::bad(
            CHECK,
            format_args!(
                "{}: {error}; check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET",
                livekit.url
            ),
        ),
    }
}

async fn voice_agent_api(api: &AgentApi) -> Finding {
    const CHECK: &str = "voice agent api";
    match voices(api, CHECK_WITHIN).await {
        Ok(Some(voices)) => Finding::good(
            CHECK,
            format_args!(
                "{} takes the key; voices: {}",
                api.base_url,
                voices.join(" ")
            ),
        ),
        Ok(None) => Finding::good(CHECK, format_args!("{} answers", api.base_url)),
        Err(error) => Finding::bad(CHECK, format_args!("{}: {error}", api.base_url)),
    }
}
