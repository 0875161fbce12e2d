//! Delivers reports that wait in the spool, signed as Standard Webhooks says.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

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
use crate::clock;
use crate::dial::{Proxies, http};
use crate::random;

/// How long a delivery may take.
const WITHIN: Duration = Duration::from_secs(15);

/// Between two looks at what other processes may have put there.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long what is due is still delivered when the process ends.
pub const DELIVERS_WITHIN: Duration = Duration::from_secs(5);

/// How a delivery that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// After the first failure; doubles with each.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How many answers that refuse the report (4xx) are too many.
    pub refusals: u32,
}

impl Default for Pace {
    /// From 5 s to an hour; ten refusals, which is about two hours.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(3600),
            refusals: 10,
        }
    }
}

/// Where reports go.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) url: reqwest::Url,
    /// Signs.
    pub(super) webhook: Arc<Webhook>,
    pub(super) give_up_after: Duration,
    /// What stands between here and there.
    pub(super) proxies: Proxies,
}

/// Delivers what waits in a spool.
pub(super) struct WebhookClient {
    spool: Spool,
    address: Address,
    client: Client,
    backoff: Backoff,
    refusals: u32,
}

/// What became of a delivery.
enum Answer {
    Taken,
    /// Nobody wants reports there any more.
    Gone,
    /// It may be wrong to try again.
    Refused(StatusCode),
    /// It may help to try again.
    Failed(String),
}

impl WebhookClient {
    /// # Errors
    /// When there can be no HTTP client, or the pace makes no sense.
    pub(super) fn new(spool: Spool, address: Address, pace: Pace) -> anyhow::Result<Self> {
        let client = http::client(&address.proxies, WITHIN)?;
        let backoff = Backoff::new(pace.first, pace.longest, address.give_up_after)?;
        Ok(Self {
            spool,
            address,
            client,
            backoff,
            refusals: pace.refusals,
        })
    }

    /// Delivers until `shutdown`, and then what is due for a few seconds more.
    pub(super) async fn run(self, put: &Notify, shutdown: impl Future<Output = ()>) {
        let (end, ending) = watch::channel(false);
        let mut delivering = pin!(self.deliver_all(put, ending));
        tokio::select! {
            () = &mut delivering => return,
            () = shutdown => {}
        }
        end.send_replace(true);
        // What is being delivered goes on: its claim would hold for a while.
        if timeout(DELIVERS_WITHIN, delivering).await.is_err() {
            tracing::warn!("reports wait in the spool to be delivered by another process");
        }
    }

    /// Delivers until it is told to end and nothing is due.
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

    /// Delivers what is due for longest; without any, gives how long there is nothing to do.
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
                tracing::error!(%error, "the spool of reports cannot be read");
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
            tracing::error!(%call, %error, "the spool of reports cannot be changed");
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
                tracing::debug!(%call, tries, "the report was delivered");
                return self.spooled(move |spool| spool.remove(&item)).await;
            }
            Answer::Gone => {
                tracing::warn!(%call, "nobody takes reports at the webhook's address any more (410): it is dropped");
                return self.spooled(move |spool| spool.remove(&item)).await;
            }
            Answer::Refused(status) => {
                refusals += 1;
                status.to_string()
            }
            Answer::Failed(why) => why,
        };
        let delay = self.backoff.delay(tries.saturating_sub(1), chance());
        let now = clock::wall();
        let waits = SystemTime::UNIX_EPOCH + Duration::from_millis(item.since);
        let waited = now.duration_since(waits).unwrap_or_default();
        if refusals >= self.refusals || !self.backoff.allows(waited, delay) {
            tracing::error!(%call, tries, %why, "the report could not be delivered: it is in the spool's folder `failed`");
            return self.spooled(move |spool| spool.give_up(&item)).await;
        }
        let again_s = delay.as_secs();
        tracing::warn!(%call, tries, %why, again_s, "the report was not delivered; it is tried again");
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
fn chance() -> f64 {
    random::number() as f64 / u64::MAX as f64
}
