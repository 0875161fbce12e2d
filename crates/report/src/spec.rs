//! `[report]` in `agent.toml`: reports, recordings, redaction and the webhook.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlor_common::settings::{Source, proxies};
use serde::Deserialize;
use standardwebhooks::Webhook;

use super::delivery::{Address, RetryPolicy};
use super::folder::Folder;
use super::recording::Format;
use super::redact::{RedactSpec, Redactor};
use super::spool::Spool;
use super::{Outgoing, ReportSettings, Reports};

/// Prefix of Standard Webhooks secrets.
const SECRET: &str = "whsec_";

/// Number of bytes in a secret, according to Standard Webhooks.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// `[report]`: reports, recordings and the webhook. All of them are off by default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSpec {
    /// Folder of reports and recordings; none are written without it.
    pub folder: Option<PathBuf>,
    /// Days after which reports and recordings are removed; never by default.
    pub retention_days: Option<u32>,
    /// Format of recordings; calls are not recorded by default.
    pub recording: Format,
    /// Whether reports contain the arguments and results of tool calls.
    pub tool_payloads: bool,
    /// Currency of costs, such as `USD`.
    pub currency: Option<String>,
    /// What to redact.
    pub redact: RedactSpec,
    /// Webhook that receives the report of each call.
    pub webhook: Option<WebhookSpec>,
}

/// `[report.webhook]`: the webhook that receives reports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSpec {
    /// URL that reports are posted to.
    pub url: String,
    /// Name of the environment variable with the secret that signs reports, `whsec_…`.
    pub secret: String,
    /// Folder of reports that wait to be delivered; `spool` by default.
    #[serde(default = "spool")]
    pub spool: PathBuf,
    /// Days after which a report is given up; 3 by default.
    #[serde(default = "give_up_after_days")]
    pub give_up_after_days: u32,
}

fn spool() -> PathBuf {
    PathBuf::from("spool")
}

fn give_up_after_days() -> u32 {
    3
}

impl ReportSpec {
    /// Checks all settings, without access to files.
    ///
    /// # Errors
    /// All problems, one line each.
    pub fn build(self, source: &Source) -> Result<Reports, Vec<String>> {
        let mut problems = self.problems();
        let redactor = Redactor::new(&self.redact).unwrap_or_else(|wrong| {
            problems.extend(wrong);
            Redactor::default()
        });
        let webhook = self.webhook.map(|it| it.build(source)).transpose();
        let webhook = webhook.unwrap_or_else(|wrong| {
            problems.extend(wrong);
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let folder = self.folder.map(|path| Folder {
            path,
            retention_days: self.retention_days,
            drop_partial: redactor.audio,
        });
        Ok(Reports(Arc::new(ReportSettings {
            folder,
            retention_days: self.retention_days,
            recording: self.recording,
            tool_payloads: self.tool_payloads,
            currency: self.currency,
            redactor: Arc::new(redactor),
            webhook,
        })))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.recording != Format::None && self.folder.is_none() {
            problems.push("[report] recording requires folder to be set".to_owned());
        }
        if self.retention_days == Some(0) {
            problems.push("[report] retention_days must be 1 or more".to_owned());
        }
        problems
    }
}

impl WebhookSpec {
    fn build(self, source: &Source) -> Result<Outgoing, Vec<String>> {
        let mut problems = Vec::new();
        if self.give_up_after_days == 0 {
            problems.push("[report.webhook] give_up_after_days must be 1 or more".to_owned());
        }
        let url = reqwest::Url::parse(&self.url).ok();
        let url = url.filter(|it| matches!(it.scheme(), "https" | "http") && it.has_host());
        if url.is_none() {
            problems.push("[report.webhook] url must start with https:// or http://".to_owned());
        }
        let webhook = self
            .signer(source)
            .map_err(|wrong| problems.push(wrong))
            .ok();
        let (Some(url), Some(webhook), []) = (url, webhook, problems.as_slice()) else {
            return Err(problems);
        };
        let give_up_after = Duration::from_secs(u64::from(self.give_up_after_days) * 86_400);
        Ok(Outgoing {
            address: Address {
                url,
                webhook: Arc::new(webhook),
                give_up_after,
                proxies: proxies(source),
            },
            spool: Spool::new(self.spool),
            retry_policy: RetryPolicy::default(),
            put: Arc::default(),
        })
    }

    fn signer(&self, source: &Source) -> Result<Webhook, String> {
        let name = &self.secret;
        let secret = source.secret(name).ok_or_else(|| {
            format!(
                "{name} is not set: [report.webhook] requires it as the secret that signs reports"
            )
        })?;
        let key = secret
            .reveal()
            .strip_prefix(SECRET)
            .and_then(|it| STANDARD.decode(it).ok());
        let key = key.filter(|key| SECRET_BYTES.contains(&key.len()));
        let wrong = || {
            format!(
                "{name} is invalid: it must be {SECRET} followed by 24 to 64 bytes in Base64, as from `openssl rand -base64 32`"
            )
        };
        Webhook::from_bytes(key.ok_or_else(wrong)?).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> ReportSpec {
        toml::from_str(text).unwrap()
    }

    #[track_caller]
    fn wrong(text: &str, variables: &[(&str, &str)], expected: &[&str]) {
        let source = variables.iter().copied().collect();
        let problems = spec(text).build(&source).err().unwrap();
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, start) in problems.iter().zip(expected) {
            assert!(problem.starts_with(start), "{problem}");
        }
    }

    const WEBHOOK: &str = "[webhook]\nurl = \"https://crm.example/hooks\"\nsecret = \"SECRET\"";

    #[test]
    fn nothing_is_kept_by_default() {
        let reports = spec("").build(&Source::default()).unwrap();
        assert!(!reports.is_on());
    }

    #[test]
    fn all_keys_are_accepted_and_no_others() {
        let text = r#"
            folder = "reports"
            retention_days = 30
            recording = "ogg"
            tool_payloads = true
            currency = "USD"
            [redact]
            digits = true
            digit_words = true
            mail = true
            patterns = ["(?i)order \\d+"]
            audio = true
            identity = true
            [webhook]
            url = "https://crm.example/hooks"
            secret = "SECRET"
            spool = "spool"
            give_up_after_days = 3
        "#;
        let secret = format!("whsec_{}", STANDARD.encode([7; 24]));
        let source = [("SECRET", secret)].into_iter().collect();
        assert!(spec(text).build(&source).unwrap().is_on());
        assert!(toml::from_str::<ReportSpec>("folders = \"x\"").is_err());
        assert!(toml::from_str::<ReportSpec>("recording = \"mp3\"").is_err());
    }

    #[test]
    fn all_problems_are_reported_together() {
        let text = r#"
            retention_days = 0
            recording = "wav"
            [redact]
            patterns = ["("]
            [webhook]
            url = "crm.example"
            secret = "SECRET"
            give_up_after_days = 0
        "#;
        let expected = [
            "[report] recording",
            "[report] retention_days",
            "[report.redact] patterns",
            "[report.webhook] give_up_after_days",
            "[report.webhook] url",
            "SECRET is not set",
        ];
        wrong(text, &[], &expected);
    }

    #[test]
    fn an_invalid_secret_is_not_quoted() {
        for secret in ["hunter2", "whsec_hunter2", "whsec_aHVudGVyMg=="] {
            wrong(WEBHOOK, &[("SECRET", secret)], &["SECRET is invalid"]);
            let source = [("SECRET", secret)].into_iter().collect();
            let problems = spec(WEBHOOK).build(&source).err().unwrap();
            assert!(!problems[0].contains("hunter"), "{problems:?}");
        }
    }
}
