//! Delivers the reports in the spool, signed according to Standard Webhooks.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parlor_common::dial::{Proxies, http};
use parlor_common::{clock, random};
use parlor_core::backoff::Backoff;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::spool::{Item, Next, Spool};

/// Timeout of a delivery.
const WITHIN: Duration = Duration::from_secs(15);

/// Interval of checks for reports that other processes have added to the spool.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long due reports are still delivered during shutdown.
pub const DELIVERS_WITHIN: Duration = Duration::from_secs(5);

/// Retry policy for deliveries that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Delay after the first failure. It doubles with each failure.
    pub first: Duration,
    /// Longest delay.
    pub longest: Duration,
    /// Number of refusals (3xx and 4xx, except for 408, 410 and 429) after which a report is given
    /// up.
    pub refusals: u32,
}

impl Default for RetryPolicy {
    /// Delays from 5 s to one hour; ten refusals, which is about two hours.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(3600),
            refusals: 10,
        }
    }
}

/// The webhook that reports are delivered to.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) url: reqwest::Url,
    /// Signs the reports.
    pub(super) webhook: Arc<Webhook>,
    pub(super) give_up_after: Duration,
    /// Proxies on the way to the webhook.
    pub(super) proxies: Proxies,
}

/// Delivers the reports in a spool.
pub(super) struct WebhookClient {
    spool: Spool,
    address: Address,
    client: Client,
    backoff: Backoff,
    refusals: u32,
}

/// Outcome of a delivery.
enum Answer {
    Taken,
    /// The webhook answered 410: it wants no more reports.
    Gone,
    /// The webhook refused the report; a retry may be useless.
    Refused(StatusCode),
    /// The delivery failed; a retry may succeed.
    Failed(String),
}

impl WebhookClient {
    /// # Errors
    /// The HTTP client cannot be built, or the retry policy is invalid.
    pub(super) fn new(
        spool: Spool,
        address: Address,
        retry_policy: RetryPolicy,
    ) -> anyhow::Result<Self> {
        let client = http::client(&address.proxies, WITHIN)?;
        let backoff = Backoff::new(
            retry_policy.first,
            retry_policy.longest,
            address.give_up_after,
        )?;
        Ok(Self {
            spool,
            address,
            client,
            backoff,
            refusals: retry_policy.refusals,
        })
    }

    /// Delivers reports until `shutdown`, then delivers due reports for up to 5 s more.
    pub(super) async fn run(self, put: &Notify, shutdown: impl Future<Output = ()>) {
        let (end, ending) = watch::channel(false);
        let mut delivering = pin!(self.deliver_all(put, ending));
        tokio::select! {
            () = &mut delivering => return,
            () = shutdown => {}
        }
        end.send_replace(true);
        // A delivery in progress goes on: if it were dropped, its claim would delay the next one.
        if timeout(DELIVERS_WITHIN, delivering).await.is_err() {
            tracing::warn!("reports are left in the spool for another process to deliver");
        }
    }

    /// Delivers reports until `ending` is set and nothing is due.
    async fn deliver_all(&self, put: &Notify, mut ending: watch::Receiver<bool>) {
        loop {
            let Some(pause) = self.deliver_next().await else {
                continue;
            };
            if *ending.borrow() {
                return;
            }
            tokio::select! {
                () = put.notified() => {}
                () = sleep(pause.min(LOOK_EVERY)) => {}
                _ = ending.changed() => {}
            }
        }
    }

    /// Delivers the report that has been due the longest. If none is due, returns how long to wait.
    async fn deliver_next(&self) -> Option<Duration> {
        let now = clock::wall();
        match self.spooled(move |spool| spool.claim(now)).await {
            Ok(Next::Deliver(item)) => {
                self.deliver(item).await;
                None
            }
            Ok(Next::At(due)) => Some(due.duration_since(now).unwrap_or_default()),
            Ok(Next::Nothing) => Some(LOOK_EVERY),
            Err(error) => {
                tracing::error!(%error, "failed to read the spool of reports");
                Some(LOOK_EVERY)
            }
        }
    }

    async fn deliver(&self, item: Item) {
        let call = item.call.clone();
        let read = item.clone();
        let answer = match self.spooled(move |spool| spool.read(&read)).await {
            Ok(body) => self.send(&item, body).await,
            Err(error) => Answer::Failed(error.to_string()),
        };
        let settled = self.settle(item, answer).await;
        if let Err(error) = settled {
            tracing::error!(%call, %error, "failed to update the spool of reports");
        }
    }

    async fn send(&self, item: &Item, body: Vec<u8>) -> Answer {
        if let Err(error) = http::check(&self.address.proxies, self.address.url.as_str()) {
            return Answer::Failed(error.to_string());
        }
        let now = clock::wall().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        let seconds = i64::try_from(now).unwrap_or(i64::MAX);
        let signature = match self.address.webhook.sign(&item.call, seconds, &body) {
            Ok(signature) => signature,
            Err(error) => return Answer::Failed(error.to_string()),
        };
        let request = self
            .client
            .post(self.address.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, &item.call)
            .header(HEADER_WEBHOOK_TIMESTAMP, now)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body);
        match request.send().await.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Answer::Taken,
            Ok(StatusCode::GONE) => Answer::Gone,
            Ok(status @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)) => {
                Answer::Failed(status.to_string())
            }
            Ok(status) if status.is_server_error() => Answer::Failed(status.to_string()),
            Ok(status) => Answer::Refused(status),
            Err(error) => Answer::Failed(http::reason(error)),
        }
    }

    async fn settle(&self, item: Item, answer: Answer) -> io::Result<()> {
        let call = item.call.clone();
        let tries = item.tries;
        let mut refusals = item.refusals;
        let why = match answer {
            Answer::Taken => {
                tracing::debug!(%call, tries, "report delivered");
                return self.spooled(move |spool| spool.remove(&item)).await;
            }
            Answer::Gone => {
                tracing::warn!(%call, "the webhook answered 410 Gone: the report is discarded");
                return self.spooled(move |spool| spool.remove(&item)).await;
            }
            Answer::Refused(status) => {
                refusals += 1;
                status.to_string()
            }
            Answer::Failed(why) => why,
        };
        let delay = self.backoff.delay(tries.saturating_sub(1), unit_random());
        let now = clock::wall();
        let waits = SystemTime::UNIX_EPOCH + Duration::from_millis(item.since);
        let waited = now.duration_since(waits).unwrap_or_default();
        if refusals >= self.refusals || !self.backoff.allows(waited, delay) {
            tracing::error!(
                %call,
                tries,
                %why,
                "giving up on a report: it is kept in the folder `failed` of the spool"
            );
            return self.spooled(move |spool| spool.give_up(&item)).await;
        }
        let again_s = delay.as_secs();
        tracing::warn!(%call, tries, %why, again_s, "the report was not delivered; retrying later");
        self.spooled(move |spool| spool.later(&item, now + delay, refusals))
            .await
    }

    async fn spooled<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Spool) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let spool = self.spool.clone();
        spawn_blocking(move || work(&spool))
            .await
            .map_err(io::Error::other)?
    }
}

/// A random number from 0 to 1.
fn unit_random() -> f64 {
    random::number() as f64 / u64::MAX as f64
}
