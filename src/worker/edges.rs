//! The real edges of a worker: the dispatch socket, the cells, the machine's load.

use std::sync::Arc;

use parlor_core::dispatch::{Action, Capacity, Event, Fact, Refusal, StopReason};
use parlor_core::secret::Secret;
use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::machine_load::SAMPLE_EVERY;
use super::socket::{Link, Outbox, Stalled, drive};
use super::{Cells, Edges, MachineLoad};
use crate::config::{LiveKit, address};
use crate::dial::{Proxies, dial};
use crate::ops::WorkerStatus;
use crate::token::mint_worker;

/// Messages of the server that wait to be looked at; when it is full the reader waits.
const INBOX: usize = 64;

/// The longest message taken, in bytes: the server's own limit.
const MAX_MESSAGE: usize = 2 << 20;

/// Where the dispatch socket is and what opens it.
#[derive(Debug, Clone)]
pub struct Server {
    /// The server and its key.
    pub livekit: LiveKit,
    /// Set inside containers that LiveKit Cloud hosts.
    pub worker_token: Option<Secret>,
    /// What stands between here and there.
    pub proxies: Proxies,
}

/// Outside calls for a worker's actions.
#[derive(Debug)]
pub struct WorkerEdges {
    server: Server,
    link: Option<Link>,
    /// What this connection says; another one after each loss.
    inbox: Option<mpsc::Receiver<Event>>,
    sockets: JoinSet<()>,
    cells: Cells,
    status: Arc<WorkerStatus>,
    load: MachineLoad,
    /// How much the worker could take when it last said so; for the log.
    capacity: Capacity,
    tick: Interval,
    stalled: bool,
}

impl WorkerEdges {
    /// Edges to `server` and `cells`; what the worker does is shown on `status`.
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

    /// Closes the socket and sees every cell end, with what its calls still write unless that is
    /// too long for whoever is in haste.
    pub async fn finish(mut self, is_hasty: bool) {
        self.disconnect();
        self.cells.finish(is_hasty).await;
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
            Action::Stop(job, reason) => {
                tracing::info!(%job, ?reason, "a call is told to end");
                match reason {
                    StopReason::Drained => self.cells.say_goodbye(job),
                    StopReason::Terminated | StopReason::AtOnce => self.cells.stop(job),
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
            // The driver's own.
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
                    // It says `Lost` before it ends; if it could not, nobody else would.
                    self.disconnect();
                    Event::Lost("the socket's task ended".to_owned())
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

/// What the present connection says; waits for ever without one.
async fn said(inbox: &mut Option<mpsc::Receiver<Event>>) -> Option<Event> {
    match inbox {
        Some(inbox) => inbox.recv().await,
        None => std::future::pending().await,
    }
}

async fn connect(server: Server, outbox: Outbox, events: mpsc::Sender<Event>) {
    let reason = match mint_worker(&server.livekit) {
        Err(error) => format!("the token cannot be made: {error}"),
        Ok(token) => match dial(&server.url(), &token, &server.proxies, MAX_MESSAGE).await {
            Err(error) => error.to_string(),
            Ok(socket) => {
                if events.send(Event::Opened).await.is_err() {
                    return;
                }
                drive(socket, outbox, &events).await
            }
        },
    };
    if events.send(Event::Lost(reason)).await.is_err() {
        tracing::debug!("the socket ended after its worker");
    }
}

impl Server {
    /// The dispatch socket's address: any path of the server's is kept.
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
        Fact::GoAway { reason } => tracing::info!(%reason, "the server goes; registering anew"),
        Fact::Answered(job, Ok(())) => tracing::info!(%job, "a call was taken"),
        Fact::Answered(job, Err(Refusal::Load)) => {
            let Numbers {
                load,
                expected,
                threshold,
                price,
                taken,
                slots,
            } = Numbers::of(capacity);
            tracing::warn!(%job, load, expected, threshold, price, taken, slots, "refused a call: the machine is overloaded");
        }
        Fact::Answered(job, Err(refusal)) => {
            let (taken, slots) = (capacity.taken, capacity.slots);
            tracing::warn!(%job, ?refusal, taken, slots, "refused a call");
        }
        Fact::TurnedAway { room, .. } => tracing::debug!(%room, "a room was turned away"),
        Fact::NotAssigned(job) => tracing::warn!(%job, "a call that was taken did not come"),
        Fact::Kept(job) => tracing::info!(%job, "a call goes on though its agent seemed to leave"),
        Fact::Capacity(_) => {}
        Fact::Full(_) => note_turn(capacity),
        Fact::Draining { jobs } => tracing::info!(jobs, "no more calls are taken"),
    }
}

/// One line for each turn to full and back, with what was decided by.
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
                "full: taking no more calls"
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
                "taking calls again"
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

/// What the decision was made by, with loads rounded to three digits.
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
            price: short(capacity.price),
            taken: capacity.taken,
            slots: capacity.slots,
        }
    }
}
