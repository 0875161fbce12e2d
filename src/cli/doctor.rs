//! `parlor doctor`: checks the setup and says how to fix what is wrong.

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

/// Timeout for the request to the Voice Agent API.
const CHECK_WITHIN: Duration = Duration::from_secs(10);

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Example: parlor doctor\n\nExit code: 0 if all checks pass, 1 otherwise.")]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Result of one check.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    /// The check passed, but something may not work as intended.
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

/// Checks `.env` and the variables of all flags; the other checks cover the rest.
fn variables(source: &mut Source) -> Finding {
    const CHECK: &str = "settings";
    let mut problems = source.take_problems();
    problems.extend(command_line::problems(source));
    match problems.as_slice() {
        [] => Finding::good(CHECK, "all variables are valid"),
        problems => Finding::bad(CHECK, problems.join("; ")),
    }
}

fn agent(source: &Source) -> Vec<Finding> {
    const CHECK: &str = "agent";
    match Agent::load(source, &Overrides::default()) {
        Ok(agent) => {
            let name = Finding::good(
                CHECK,
                format_args!(
                    "the agent file is valid; the agent's name is {}",
                    agent.name
                ),
            );
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
                "{} accepts the API key; open rooms: {}",
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
                "{} accepts the API key; voices: {}",
                api.base_url,
                voices.join(" ")
            ),
        ),
        Ok(None) => Finding::good(CHECK, format_args!("{} responds", api.base_url)),
        Err(error) => Finding::bad(CHECK, format_args!("{}: {error}", api.base_url)),
    }
}
