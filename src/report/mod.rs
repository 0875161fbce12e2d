//! What is left of a call when it is over: a report, a recording, and word to whoever wants it.

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

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use delivery::{Address, WebhookClient};
use folder::Folder;
use redact::Redactor;
use spool::Spool;

pub use call::CallReport;
pub use call::FINISH_WITHIN;
pub use delivery::{DELIVERS_WITHIN, Pace};
pub use recording::{Format, Tap};
pub use redact::RedactSpec;
pub use spec::{ReportSpec, WebhookSpec};

/// Between two looks at what is too old.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// What is kept of the calls of a process, and who is told.
#[derive(Debug, Clone, Default)]
pub struct Reports(Arc<Plan>);

#[derive(Default)]
struct Plan {
    folder: Option<Folder>,
    retention_days: Option<u32>,
    recording: Format,
    tool_payloads: bool,
    currency: Option<String>,
    redactor: Arc<Redactor>,
    webhook: Option<Outgoing>,
}

/// Where reports go, and where they wait until then.
#[derive(Clone)]
struct Outgoing {
    address: Address,
    spool: Spool,
    pace: Pace,
    /// Told when a report was put into the spool.
    put: Arc<Notify>,
}

/// Which call it is.
#[derive(Debug, Clone)]
pub struct CallHead {
    /// The job's id: names the files and the delivery.
    pub id: String,
    /// The room.
    pub room: String,
    /// The agent's name.
    pub agent: String,
    /// It began in another process, which was lost.
    pub continued: bool,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").finish_non_exhaustive()
    }
}

impl Reports {
    /// Whether anything is kept, or anybody told.
    pub fn is_on(&self) -> bool {
        self.0.folder.is_some() || self.0.webhook.is_some()
    }

    /// The same with another patience towards the webhook.
    pub fn with_pace(self, pace: Pace) -> Self {
        let plan = &*self.0;
        let webhook = plan.webhook.clone().map(|it| Outgoing { pace, ..it });
        Self(Arc::new(Plan {
            folder: plan.folder.clone(),
            currency: plan.currency.clone(),
            redactor: Arc::clone(&plan.redactor),
            webhook,
            ..*plan
        }))
    }

    /// A call begins now. In a runtime, for the sake of its recording.
    pub fn begin(&self, head: CallHead) -> CallReport {
        CallReport::begin(&self.0, head)
    }

    /// Delivers what waits in the spool, and removes what is too old, until `shutdown`; then
    /// delivers for 5 s more. One for each process that calls, or one for all of them.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub async fn courier(self, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
        let delivering = async {
            match self.0.webhook.clone() {
                Some(Outgoing {
                    address,
                    spool,
                    pace,
                    put,
                }) => {
                    let courier = WebhookClient::new(spool, address, pace)?;
                    courier.run(&put, shutdown).await;
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
            let plan = Arc::clone(&self.0);
            let now = clock::wall();
            match spawn_blocking(move || plan.sweep(now))
                .await
                .map_err(io::Error::other)
            {
                Ok(Ok(0)) => {}
                Ok(Ok(files)) => tracing::info!(files, "old reports were removed"),
                Ok(Err(error)) | Err(error) => {
                    tracing::error!(%error, "old reports cannot be removed");
                }
            }
        }
    }
}

impl Plan {
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
