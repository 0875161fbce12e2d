//! `parlor doctor`: checks the setup and says how to fix what is wrong.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use parlor_common::settings::{ConfigError, Source};
use parlor_common::spelling::did_you_mean;
use parlor_livekit::server::LiveKitServer;
use parlor_livekit::{LiveKit, room};
use parlor_voice_agent::{AgentApi, voices};
use serde::Serialize;

use super::{Done, command_line, output};
use crate::config::{Agent, Overrides};
use crate::definition::{Definition, Voices};
use crate::diagnostics;

/// Timeout for the request to the Voice Agent API.
const CHECK_WITHIN: Duration = Duration::from_secs(10);

/// The command's flags.
#[derive(Debug, Args)]
#[command(after_help = "Example: parlor doctor\n\nExit code: 0 if all checks pass, 1 otherwise.")]
pub(super) struct Doctor {
    /// Path of the agent file [default: agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
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
        let mut findings = variables(&mut source);
        let overrides = Overrides {
            agent_file: self.agent,
            ..Overrides::default()
        };
        let agent = Agent::load(&source, &overrides);
        findings.extend(agent_file(&agent));
        findings.push(native_core());
        findings.extend(match LiveKit::load(&source) {
            Ok(livekit) => vec![livekit_server(&livekit).await],
            Err(error) => settings("livekit", &error),
        });
        findings.extend(match AgentApi::load(&source) {
            Ok(api) => {
                let definition = agent.as_ref().ok().map(|it| it.definition.as_ref());
                voice_agent_api(&api, definition).await
            }
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

/// One finding per problem.
fn settings(check: &'static str, error: &ConfigError) -> Vec<Finding> {
    let problems = error.0.iter();
    problems.map(|it| Finding::bad(check, it)).collect()
}

/// Checks `.env` and the variables of all flags; the other checks cover the rest.
fn variables(source: &mut Source) -> Vec<Finding> {
    const CHECK: &str = "settings";
    let mut problems = source.take_problems();
    problems.extend(command_line::problems(source));
    let mut findings = match problems.is_empty() {
        true => vec![Finding::good(CHECK, "all variables are valid")],
        false => settings(CHECK, &ConfigError(problems)),
    };
    let misspelled = source.misspelled().into_iter();
    findings.extend(misspelled.map(|it| Finding::warning(CHECK, it)));
    findings
}

fn agent_file(agent: &Result<Agent, ConfigError>) -> Vec<Finding> {
    const CHECK: &str = "agent";
    match agent {
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
        Err(error) => settings(CHECK, error),
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
        Err(error) => Finding::bad(CHECK, diagnostics::livekit(&livekit.url, &error)),
    }
}

/// Checks the API, and the voices of the agent with this `definition` against those that it lists.
async fn voice_agent_api(api: &AgentApi, definition: Option<&Definition>) -> Vec<Finding> {
    const CHECK: &str = "voice agent api";
    let url = &api.base_url;
    let listed = match voices(api, CHECK_WITHIN).await {
        Ok(Some(voices)) => voices,
        Ok(None) => {
            let what = "responds, but does not list its voices: the API key and the voice are not checked; if calls fail, check ASSEMBLYAI_BASE_URL";
            return vec![Finding::warning(CHECK, format_args!("{url} {what}"))];
        }
        Err(error) => return vec![Finding::bad(CHECK, format_args!("{url}: {error}"))],
    };
    let names = listed.join(" ");
    let api = Finding::good(
        CHECK,
        format_args!("{url} accepts the API key; voices: {names}"),
    );
    let voices = definition.map(|it| agent_voices(it, &listed));
    std::iter::once(api)
        .chain(voices.into_iter().flatten())
        .collect()
}

/// Voices of the agent that the API does not have.
fn agent_voices(definition: &Definition, listed: &[String]) -> Vec<Finding> {
    const CHECK: &str = "voice";
    let is_unknown = |name: &str| !listed.iter().any(|it| it == name);
    let suggestion = |name| did_you_mean(name, listed.iter().map(String::as_str));
    let mut findings = Vec::new();
    if let Some(name) = definition.voice().filter(|name| is_unknown(name)) {
        let what = format!(
            "[voice] name: the API has no voice {name:?}{}",
            suggestion(name)
        );
        findings.push(Finding::bad(CHECK, what));
    }
    if let Voices::Listed(choices) = definition.voices() {
        let unknown = choices.iter().filter(|name| is_unknown(name));
        findings.extend(unknown.map(|name| {
            let what = format!(
                "[voice] choices: the API has no voice {name:?}{}",
                suggestion(name)
            );
            Finding::warning(CHECK, what)
        }));
    }
    findings
}
