//! Finds waiting rooms and dispatches the agent to them again. The state machine that decides is
//! `parlor_core::waiting_rooms`.

mod notice;
mod server;

use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock::{at, now};
use parlor_core::dispatch::Settings;
use parlor_core::waiting_rooms::{self as waiting, Action, Event, Fact, Outcome, View};
use parlor_livekit::LiveKit;
use parlor_livekit::server::ServerError;
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::definition::Definition;
use crate::ops::WorkerStatus;
use server::Server;

/// How long a pending claim may take during shutdown: between its two requests the room has no
/// dispatch.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// Returns whether `url` belongs to LiveKit Cloud, which re-dispatches agents itself.
pub fn is_livekit_cloud(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    let host = url.as_ref().and_then(|it| it.host_str());
    host.is_some_and(|it| {
        it.trim_end_matches('.')
            .to_ascii_lowercase()
            .ends_with(".livekit.cloud")
    })
}

/// Finds waiting rooms and claims them when the worker has capacity.
#[derive(Debug)]
pub struct WaitingRooms {
    waiting: waiting::WaitingRooms,
    server: Arc<Server>,
    status: Arc<WorkerStatus>,
    /// The current agent, which defines the message for waiting callers.
    agent: watch::Receiver<Arc<Definition>>,
    asked: JoinSet<Option<Event>>,
    claims: JoinSet<Event>,
    /// Whether the last list request failed, so that an outage is logged once.
    is_failing: bool,
}

impl WaitingRooms {
    /// Watches over the dispatches that a worker with these `settings` serves. `agent` defines the
    /// message for waiting callers; `seed` makes the random choices differ between workers.
    ///
    /// # Errors
    /// [`ServerError::Unreachable`] if the HTTP client cannot be created.
    pub fn new(
        livekit: &LiveKit,
        settings: &Settings,
        status: Arc<WorkerStatus>,
        agent: watch::Receiver<Arc<Definition>>,
        seed: u64,
    ) -> Result<Self, ServerError> {
        Ok(Self {
            waiting: waiting::WaitingRooms::new(now(), seed),
            server: Arc::new(Server::new(livekit, settings, status.clone())?),
            status,
            agent,
            asked: JoinSet::new(),
            claims: JoinSet::new(),
            is_failing: false,
        })
    }

    /// Runs until `over` resolves.
    pub async fn run(mut self, mut over: oneshot::Receiver<()>) {
        loop {
            let deadline = self.waiting.poll_timeout();
            if deadline.is_some_and(|at| at <= now()) {
                self.waiting.handle_timeout(now());
                self.perform();
                continue;
            }
            tokio::select! {
                biased;
                _ = &mut over => break,
                () = self.status.changed() => self.take_room_events(),
                Some(claimed) = self.claims.join_next() => {
                    if let Ok(event) = claimed {
                        self.on(event);
                    }
                }
                Some(answered) = self.asked.join_next() => {
                    if let Ok(Some(event)) = answered {
                        self.on(event);
                    }
                }
                () = at(deadline) => {}
            }
        }
        let claims = async { while self.claims.join_next().await.is_some() {} };
        if timeout(FINISH_WITHIN, claims).await.is_err() {
            tracing::warn!(
                "stopped in the middle of a dispatch: a waiting room may have lost its dispatch"
            );
        }
    }

    fn take_room_events(&mut self) {
        let (worker, events) = self.status.rooms();
        self.on(Event::Worker(worker));
        for event in events {
            self.on(event);
        }
    }

    fn on(&mut self, event: Event) {
        match &event {
            Event::Listed { .. } => self.is_failing = false,
            Event::NotListed => self.is_failing = true,
            _ => {}
        }
        self.waiting.handle(now(), event);
        self.perform();
    }

    fn perform(&mut self) {
        while let Some(action) = self.waiting.poll_action() {
            let server = self.server.clone();
            match action {
                Action::List => {
                    let is_failing = self.is_failing;
                    self.asked
                        .spawn(async move { Some(list(&server, is_failing).await) });
                }
                Action::Inspect(room) => {
                    self.asked
                        .spawn(async move { Some(inspect(&server, room).await) });
                }
                Action::Claim { room, dispatch } => {
                    self.claims
                        .spawn(async move { claim(&server, room, dispatch).await });
                }
                Action::Retire { room, dispatch } => {
                    self.asked.spawn(async move {
                        retire(&server, &room, &dispatch).await;
                        None
                    });
                }
                Action::SendWaitingText(room) => self.write(room),
                Action::Observe(fact) => {
                    self.status.room(&fact);
                    observe(&fact);
                }
            }
        }
        let (rooms, since) = self.waiting.waiting();
        self.status.rooms_wait(rooms, since);
    }

    /// Tells callers that they have to wait, if the agent has a message for that.
    fn write(&mut self, room: String) {
        let values = json!({ "room": { "name": room } });
        let Some(line) = self.agent.borrow().busy(&values) else {
            return;
        };
        let server = self.server.clone();
        self.asked.spawn(async move {
            if let Err(error) = server.write(&room, &line).await {
                tracing::warn!(%room, %error, "cannot send the chat message to waiting callers");
            }
            None
        });
    }
}

async fn list(server: &Server, is_failing: bool) -> Event {
    let began = now();
    match server.list().await {
        Ok(rooms) => {
            let took = now().saturating_duration_since(began);
            Event::Listed { rooms, took }
        }
        Err(error) => {
            if !is_failing {
                tracing::warn!(%error, "cannot list rooms to find those without an agent");
            }
            Event::NotListed
        }
    }
}

async fn inspect(server: &Server, room: String) -> Event {
    let view = match server.inspect(&room).await {
        Ok(view) => Some(view),
        // The room has been closed.
        Err(error) if error.is_not_found() => Some(View::default()),
        Err(error) => {
            tracing::debug!(%room, %error, "cannot inspect a room");
            None
        }
    };
    Event::Inspected { room, view }
}

async fn claim(server: &Server, room: String, dispatch: String) -> Event {
    let claimed: Result<Outcome, ServerError> = server.claim(&room, &dispatch).await;
    let outcome = claimed.unwrap_or_else(|error| {
        tracing::warn!(%room, %error, "cannot dispatch the agent again to a waiting room");
        Outcome::Failed
    });
    Event::Claimed { room, outcome }
}

async fn retire(server: &Server, room: &str, dispatch: &str) {
    match server.retire(room, dispatch).await {
        Ok(()) => tracing::info!(
            %room, %dispatch,
            "the agent left callers in the room; deleted its dispatch so that no agent returns"
        ),
        Err(error) if error.is_not_found() => {}
        Err(error) => {
            tracing::warn!(%room, %dispatch, %error, "cannot delete the dispatch of an ended call");
        }
    }
}

fn observe(fact: &Fact) {
    let seconds = |waited: &Duration| (waited.as_secs_f64() * 10.0).round() / 10.0;
    match fact {
        Fact::Waits { room } => tracing::warn!(%room, "room is waiting for an agent"),
        Fact::Served { room, waited } => {
            tracing::info!(%room, seconds = seconds(waited), "waiting room has its agent");
        }
        Fact::GaveUp { room, waited } => {
            tracing::info!(%room, seconds = seconds(waited), "waiting room needs no agent anymore");
        }
        Fact::Claimed { room, outcome } => {
            tracing::debug!(%room, ?outcome, "claimed a waiting room")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn livekit_cloud_is_recognized_by_its_host() {
        for url in [
            "wss://my-project.livekit.cloud",
            "https://MY-PROJECT.livekit.cloud:443/sfu",
            "wss://my-project.livekit.cloud./",
        ] {
            assert!(is_livekit_cloud(url), "{url}");
        }
        for url in [
            "ws://127.0.0.1:7880",
            "wss://livekit.example",
            "wss://livekit.cloud.example",
            "wss://notlivekit.cloud",
        ] {
            assert!(!is_livekit_cloud(url), "{url}");
        }
    }
}
