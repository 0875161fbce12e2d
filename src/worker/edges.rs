//! Carries out a worker's actions: the dispatch WebSocket, the cells, and CPU load samples.

use std::sync::Arc;

use parlor_common::dial::{DialError, Proxies, dial};
use parlor_common::settings::address;
use parlor_core::dispatch::{Action, Capacity, Event, Fact, Refusal, StopReason};
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::token::mint_worker;
use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::machine_load::SAMPLE_EVERY;
use super::socket::{Link, Outbox, Stalled, drive};
use super::{Cells, Edges, MachineLoad};
use crate::diagnostics;
use crate::ops::WorkerStatus;

/// Capacity of the queue of server messages; the reader waits while it is full.
const INBOX: usize = 64;

/// Maximum message size in bytes, which is also the server's limit.
const MAX_MESSAGE: usize = 2 << 20;

/// Address and credentials of the dispatch WebSocket.
#[derive(Debug, Clone)]
pub struct Server {
    /// URL and API key of the LiveKit server.
    pub livekit: LiveKit,
    /// Worker token, set in containers hosted by LiveKit Cloud.
    pub worker_token: Option<Secret>,
    /// HTTP proxies to connect through.
    pub proxies: Proxies,
}

/// Carries out a worker's actions and collects its events.
#[derive(Debug)]
pub struct WorkerEdges {
    server: Server,
    link: Option<Link>,
    /// Events of the current connection; replaced with each new connection.
    inbox: Option<mpsc::Receiver<Event>>,
    sockets: JoinSet<()>,
    cells: Cells,
    status: Arc<WorkerStatus>,
    load: MachineLoad,
    /// The last reported capacity, for the log.
    capacity: Capacity,
    tick: Interval,
    stalled: bool,
}

impl WorkerEdges {
    /// Creates edges to `server` and `cells`, which record what the worker does in `status`.
    pub fn new(server: Server, cells: Cells, status: Arc<WorkerStatus>) -> Self {
        let mut tick = interval(SAMPLE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            server,
            link: None,
            inbox: None,
            sockets: JoinSet::new(),
            cells,
            status,
            load: MachineLoad::default(),
            capacity: Capacity::default(),
            tick,
            stalled: false,
        }
    }

    /// Closes the connection and waits for all cells to exit after their calls have written their
    /// reports; with `is_immediate`, waits only briefly.
    pub async fn finish(mut self, is_immediate: bool) {
        self.disconnect();
        self.cells.finish(is_immediate).await;
        self.sockets.shutdown().await;
    }

    fn connect(&mut self) {
        while self.sockets.try_join_next().is_some() {}
        let (link, outbox) = Link::pair();
        let (events, inbox) = mpsc::channel(INBOX);
        self.sockets
            .spawn(connect(self.server.clone(), outbox, events));
        self.link = Some(link);
        self.inbox = Some(inbox);
    }

    fn disconnect(&mut self) {
        self.link = None;
        self.inbox = None;
    }
}

impl Edges for WorkerEdges {
    fn perform(&mut self, action: Action) {
        self.status.note(&action);
        match action {
            Action::Connect => self.connect(),
            Action::Disconnect => self.disconnect(),
            Action::Send(command) => {
                if let Some(Err(Stalled)) = self.link.as_ref().map(|link| link.send(command)) {
                    self.stalled = true;
                }
            }
            Action::Start(assignment) => self.cells.start(assignment),
            Action::Drain => self.cells.drain(),
            Action::Stop(job, reason) => {
                tracing::info!(%job, ?reason, "stopping call");
                match reason {
                    StopReason::Drained => self.cells.say_goodbye(job),
                    StopReason::Terminated | StopReason::WithoutGoodbye => self.cells.stop(job),
                }
            }
            Action::Release(job) => {
                let release = self.cells.releaser(job);
                match &self.link {
                    Some(link) => link.after(release),
                    None => release(),
                }
            }
            Action::Observe(Fact::Capacity(capacity)) => self.capacity = capacity,
            Action::Observe(fact) => observe(&fact, &self.capacity),
            // Handled by the driver.
            Action::Finish { .. } => {}
        }
    }

    async fn next(&mut self) -> Event {
        if std::mem::take(&mut self.stalled) {
            self.disconnect();
            return Event::Lost(Stalled.to_string());
        }
        loop {
            tokio::select! {
                biased;
                event = said(&mut self.inbox) => return event.unwrap_or_else(|| {
                    // The task normally sends `Lost` before it ends; this covers a panic.
                    self.disconnect();
                    Event::Lost("the connection task ended unexpectedly".to_owned())
                }),
                event = self.cells.next() => return event,
                _ = self.tick.tick() => {
                    if let Some(sample) = self.load.sample(self.cells.pids()) {
                        return Event::Load(sample);
                    }
                }
            }
        }
    }
}

/// The next event of the current connection; waits forever if there is none.
async fn said(inbox: &mut Option<mpsc::Receiver<Event>>) -> Option<Event> {
    match inbox {
        Some(inbox) => inbox.recv().await,
        None => std::future::pending().await,
    }
}

async fn connect(server: Server, outbox: Outbox, events: mpsc::Sender<Event>) {
    let event = match mint_worker(&server.livekit) {
        Err(error) => Event::Lost(format!("cannot create an access token: {error}")),
        Ok(token) => match dial(&server.url(), &token, &server.proxies, MAX_MESSAGE).await {
            Err(DialError::Refused(status)) => {
                let reason = diagnostics::livekit_status(&server.livekit.url, status);
                match status {
                    401 | 403 => Event::Refused(reason),
                    _ => Event::Lost(reason),
                }
            }
            Err(error) => Event::Lost(format!("{error}; check LIVEKIT_URL and the network")),
            Ok(socket) => {
                if events.send(Event::Opened).await.is_err() {
                    return;
                }
                Event::Lost(drive(socket, outbox, &events).await)
            }
        },
    };
    if events.send(event).await.is_err() {
        tracing::debug!("the connection closed after the worker stopped");
    }
}

impl Server {
    /// URL of the dispatch WebSocket. Keeps the path of the server's URL, if any.
    fn url(&self) -> String {
        let url = format!("{}/agent", address::websocket(&self.livekit.url));
        match &self.worker_token {
            Some(token) => {
                let query = [("worker_token", token.reveal())];
                Url::parse_with_params(&url, query).map_or(url, Into::into)
            }
            None => url,
        }
    }
}

fn observe(fact: &Fact, capacity: &Capacity) {
    match fact {
        Fact::Registered { worker_id } => tracing::info!(%worker_id, "registered"),
        Fact::Lost {
            reason,
            attempt,
            retry_in,
        } => {
            let retry_ms = u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(%reason, attempt, retry_ms, "not connected to LiveKit");
        }
        Fact::GoAway { reason } => {
            tracing::info!(%reason, "the server asked the worker to reconnect; registering again")
        }
        Fact::Answered(job, Ok(())) => tracing::info!(%job, "job accepted"),
        Fact::Answered(job, Err(Refusal::Load)) => {
            let Numbers {
                load,
                expected,
                threshold,
                price,
                taken,
                slots,
            } = Numbers::of(capacity);
            tracing::warn!(
                %job, load, expected, threshold, price, taken, slots,
                "job refused: the machine is overloaded"
            );
        }
        Fact::Answered(job, Err(refusal)) => {
            let (taken, slots) = (capacity.taken, capacity.slots);
            tracing::warn!(%job, ?refusal, taken, slots, "job refused");
        }
        Fact::OfferRefused { room, .. } => {
            tracing::debug!(%room, "no capacity for this room; it may have to wait for an agent")
        }
        Fact::NotAssigned(job) => {
            tracing::warn!(%job, "an accepted job was not assigned to this worker")
        }
        Fact::TerminationIgnored(job) => {
            tracing::info!(%job, "the server ended the job; the call continues and its agent rejoins")
        }
        Fact::Capacity(_) => {}
        Fact::Full(_) => note_turn(capacity),
        Fact::Draining { jobs } => tracing::info!(jobs, "draining: accepting no more jobs"),
    }
}

/// Logs that the worker has become full or accepts jobs again, with the numbers behind it.
fn note_turn(capacity: &Capacity) {
    let Numbers {
        load,
        expected,
        threshold,
        price,
        taken,
        slots,
    } = Numbers::of(capacity);
    match capacity.full.map(reason) {
        Some(reason) => {
            tracing::info!(
                reason,
                load,
                expected,
                threshold,
                price,
                taken,
                slots,
                "full: accepting no more jobs"
            );
        }
        None => {
            tracing::info!(
                load,
                expected,
                threshold,
                price,
                taken,
                slots,
                "accepting jobs again"
            );
        }
    }
}

fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSlot => "slots",
        Refusal::Load => "load",
        Refusal::Draining => "draining",
        Refusal::AlreadyThere => "already there",
    }
}

/// The numbers behind an admission decision, with loads rounded to three digits.
struct Numbers {
    load: f64,
    expected: f64,
    threshold: Option<f64>,
    price: f64,
    taken: usize,
    slots: usize,
}

impl Numbers {
    fn of(capacity: &Capacity) -> Self {
        let short = |load: f32| (f64::from(load) * 1_000.0).round() / 1_000.0;
        Self {
            load: short(capacity.sustained),
            expected: short(capacity.expected),
            threshold: capacity.full_at.map(short),
            price: short(capacity.call_cost),
            taken: capacity.taken,
            slots: capacity.slots,
        }
    }
}
