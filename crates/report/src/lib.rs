//! Reports and recordings of calls, and the delivery of reports to a webhook.

mod call;
mod delivery;
mod document;
mod folder;
mod recording;
mod redact;
mod spec;
mod spool;
mod timeline;
mod timestamp;

use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use parlor_common::clock;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use delivery::{Address, WebhookClient};
use folder::Folder;
use redact::Redactor;
use spool::Spool;

pub use call::CallReport;
pub use call::FINISH_WITHIN;
pub use delivery::{DELIVERS_WITHIN, RetryPolicy};
pub use recording::{Format, Tap};
pub use redact::RedactSpec;
pub use spec::{ReportSpec, WebhookSpec};

/// Interval between two removals of old files.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Settings of reports, recordings and the webhook, for all calls of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Reports(Arc<ReportSettings>);

#[derive(Default)]
struct ReportSettings {
    folder: Option<Folder>,
    retention_days: Option<u32>,
    recording: Format,
    tool_payloads: bool,
    currency: Option<String>,
    redactor: Arc<Redactor>,
    webhook: Option<Outgoing>,
}

/// The webhook, and the spool of reports that wait for it.
#[derive(Clone)]
struct Outgoing {
    address: Address,
    spool: Spool,
    retry_policy: RetryPolicy,
    /// Notified when a report is added to the spool.
    put: Arc<Notify>,
}

/// Identifies a call in its report.
#[derive(Debug, Clone)]
pub struct CallInfo {
    /// ID of the job. It names the files and identifies the delivery.
    pub id: String,
    /// Name of the room.
    pub room: String,
    /// Name of the agent.
    pub agent: String,
    /// Whether the call began in another process, which was lost.
    pub continued: bool,
}

impl fmt::Debug for ReportSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportSettings").finish_non_exhaustive()
    }
}

impl Reports {
    /// Whether reports are written or delivered.
    pub fn is_on(&self) -> bool {
        self.0.folder.is_some() || self.0.webhook.is_some()
    }

    /// Replaces the retry policy of the webhook.
    pub fn with_retry_policy(self, retry_policy: RetryPolicy) -> Self {
        let settings = &*self.0;
        let webhook = settings
            .webhook
            .clone()
            .map(|it| Outgoing { retry_policy, ..it });
        Self(Arc::new(ReportSettings {
            folder: settings.folder.clone(),
            currency: settings.currency.clone(),
            redactor: Arc::clone(&settings.redactor),
            webhook,
            ..*settings
        }))
    }

    /// Starts the report of a call that begins at this moment. Must be called within a tokio
    /// runtime, for the recording.
    pub fn begin(&self, call_info: CallInfo) -> CallReport {
        CallReport::begin(&self.0, call_info)
    }

    /// Delivers the reports in the spool and removes old files until `shutdown`, then delivers for
    /// up to 5 s more. Run one per process that handles calls, or one for all of them.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub async fn deliver(self, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
        let delivering = async {
            match self.0.webhook.clone() {
                Some(Outgoing {
                    address,
                    spool,
                    retry_policy,
                    put,
                }) => {
                    let client = WebhookClient::new(spool, address, retry_policy)?;
                    client.run(&put, shutdown).await;
                }
                None => shutdown.await,
            }
            anyhow::Ok(())
        };
        tokio::select! {
            delivered = delivering => delivered,
            never = self.sweep_always() => match never {},
        }
    }

    async fn sweep_always(&self) -> std::convert::Infallible {
        let mut hours = interval(SWEEP_EVERY);
        hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            hours.tick().await;
            let settings = Arc::clone(&self.0);
            let now = clock::wall();
            match spawn_blocking(move || settings.sweep(now))
                .await
                .map_err(io::Error::other)
            {
                Ok(Ok(0)) => {}
                Ok(Ok(files)) => tracing::info!(files, "removed old files of reports"),
                Ok(Err(error)) | Err(error) => {
                    tracing::error!(%error, "failed to remove old files of reports");
                }
            }
        }
    }
}

impl ReportSettings {
    fn sweep(&self, now: SystemTime) -> io::Result<usize> {
        let mut removed = self.folder.as_ref().map_or(Ok(0), |it| it.sweep(now))?;
        if let (Some(webhook), Some(days)) = (&self.webhook, self.retention_days) {
            let age = Duration::from_secs(u64::from(days) * 86_400);
            let then = now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
            removed += webhook.spool.forget(then)?;
        }
        Ok(removed)
    }
}
