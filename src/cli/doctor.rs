//! `parlor doctor`: what is wrong on this machine, and what to do.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use livekit_api::services::room::RoomClient;
use reqwest::StatusCode;
use serde::Serialize;
use tokio::time::timeout;

use super::{Done, out};
use crate::config::{Agent, AgentApi, ConfigError, LiveKit, Overrides, Source};
use crate::room;

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
    pub(super) async fn run(self, source: &Source) -> Done {
        let mut findings = agent(source);
        findings.push(native_core());
        findings.push(match LiveKit::load(source) {
            Ok(livekit) => livekit_server(&livekit).await,
            Err(error) => settings("livekit", &error),
        });
        findings.push(match AgentApi::load(source) {
            Ok(api) => voice_agent_api(&api).await,
            Err(error) => settings("voice agent api", &error),
        });
        if self.json {
            out::line(&serde_json::json!({ "findings": findings }));
        } else {
            findings
                .iter()
                .for_each(|finding| out::line(&finding.line()));
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
            (false, _) => out::colour("FAIL", 31),
            (true, true) => out::colour("warn", 33),
            (true, false) => out::colour("ok  ", 32),
        };
        format!("{mark} {:<16} {}", self.check, self.what)
    }
}

fn settings(check: &'static str, error: &ConfigError) -> Finding {
    Finding::bad(check, error.0.join("; "))
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
    let url = livekit.http_url();
    let rooms = RoomClient::with_api_key(&url, &livekit.api_key, livekit.api_secret.reveal());
    match timeout(CHECK_WITHIN, rooms.list_rooms(Vec::new())).await {
        Ok(Ok(rooms)) => Finding::good(
            CHECK,
            format_args!(
                "{} takes the key; rooms open now: {}",
                livekit.url,
                rooms.len()
            ),
        ),
        Ok(Err(error)) => Finding::bad(
            CHECK,
            format_args!(
                "{}: {error}; check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET",
                livekit.url
            ),
        ),
        Err(_) => Finding::bad(
            CHECK,
            format_args!("{} did not answer: check LIVEKIT_URL", livekit.url),
        ),
    }
}

async fn voice_agent_api(api: &AgentApi) -> Finding {
    const CHECK: &str = "voice agent api";
    match timeout(CHECK_WITHIN, voices(api)).await {
        Ok(Ok(Some(voices))) => Finding::good(
            CHECK,
            format_args!("{} takes the key; voices: {voices}", api.base_url),
        ),
        Ok(Ok(None)) => Finding::good(CHECK, format_args!("{} answers", api.base_url)),
        Ok(Err(error)) => Finding::bad(CHECK, format_args!("{}: {error:#}", api.base_url)),
        Err(_) => Finding::bad(
            CHECK,
            format_args!("{} did not answer: check ASSEMBLYAI_BASE_URL", api.base_url),
        ),
    }
}

/// The voices' names, when the API tells them.
async fn voices(api: &AgentApi) -> anyhow::Result<Option<String>> {
    let provider = rustls::crypto::ring::default_provider();
    // Another part of the process may have installed the same one before.
    provider.install_default().ok();
    let client = reqwest::Client::builder().build()?;
    let request = client
        .get(api.http_url("/v1/voices"))
        .bearer_auth(api.key.reveal());
    let answer = request.send().await.map_err(reqwest::Error::without_url)?;
    match answer.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            anyhow::bail!(
                "the key is refused ({}): check ASSEMBLYAI_API_KEY",
                answer.status()
            )
        }
        status if status.is_server_error() => anyhow::bail!("it is in trouble ({status})"),
        status if !status.is_success() => Ok(None),
        _ => Ok(names(&answer.text().await?)),
    }
}

/// The names in a list of voices: strings, or objects with a name or an id.
fn names(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let list = body.get("voices").unwrap_or(&body).as_array()?;
    let name = |voice: &serde_json::Value| {
        let named = voice.get("name").or_else(|| voice.get("id"));
        named.unwrap_or(voice).as_str().map(str::to_owned)
    };
    let names: Vec<_> = list.iter().filter_map(name).collect();
    (!names.is_empty()).then(|| names.join(" "))
}
