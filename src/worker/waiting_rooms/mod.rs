//! Finds rooms whose callers have no agent and has them dispatched again. What it decides is in
//! `parlor_core::waiting_rooms`.

mod notice;
mod server;

use std::sync::Arc;
use std::time::Duration;

use parlor_core::dispatch::Settings;
use parlor_core::waiting_rooms::{self as waiting, Action, Event, Fact, Outcome, View};
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::{at, now};
use crate::config::LiveKit;
use crate::definition::Definition;
use crate::livekit_server::ServerError;
use crate::ops::WorkerStatus;

use server::Server;

/// How long a claim under way may take at the end of the worker: between its two requests the room
/// has no dispatch.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// Whether `url` is LiveKit Cloud's, which dispatches rooms without an agent again by itself.
pub fn is_livekit_cloud(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    let host = url.as_ref().and_then(|it| it.host_str());
    host.is_some_and(|it| {
        it.trim_end_matches('.')
            .to_ascii_lowercase()
            .ends_with(".livekit.cloud")
    })
}

/// Finds rooms whose callers have no agent.
#[derive(Debug)]
pub struct WaitingRooms {
    waiting: waiting::WaitingRooms,
    server: Arc<Server>,
    status: Arc<WorkerStatus>,
    /// What the agent is now: it knows the line for callers who wait.
    agent: watch::Receiver<Arc<Definition>>,
    asked: JoinSet<Option<Event>>,
    claims: JoinSet<Event>,
    /// Whether the last list failed, so that an outage is one line in the log.
    is_failing: bool,
}

impl WaitingRooms {
    /// For the dispatches that a worker with these `settings` serves, with the line of `agent` for
    /// callers who wait. `seed` sets its choices apart from those of other workers.
    ///
    /// # Errors
    /// [`ServerError::Unreachable`]: HTTP cannot be set up.
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

    /// Looks for rooms until `over`.
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
                () = self.status.changed() => self.look_at_the_board(),
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
            tracing::warn!("a room that was about to be dispatched again may have no dispatch");
        }
    }

    fn look_at_the_board(&mut self) {
        let (worker, news) = self.status.rooms();
        self.on(Event::Worker(worker));
        for event in news {
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
                Action::Look(room) => {
                    self.asked
                        .spawn(async move { Some(look(&server, room).await) });
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
                Action::Write(room) => self.write(room),
                Action::Observe(fact) => {
                    self.status.room(&fact);
                    observe(&fact);
                }
            }
        }
        let (rooms, since) = self.waiting.waiting();
        self.status.rooms_wait(rooms, since);
    }

    /// Shows callers that they wait, if the agent has a line for that.
    fn write(&mut self, room: String) {
        let values = json!({ "room": { "name": room } });
        let Some(line) = self.agent.borrow().busy(&values) else {
            return;
        };
        let server = self.server.clone();
        self.asked.spawn(async move {
            if let Err(error) = server.write(&room, &line).await {
                tracing::warn!(%room, %error, "callers could not be told that they wait");
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
                tracing::warn!(%error, "rooms without an agent cannot be looked for");
            }
            Event::NotListed
        }
    }
}

async fn look(server: &Server, room: String) -> Event {
    let view = match server.look(&room).await {
        Ok(view) => Some(view),
        // The room is closed.
        Err(error) if error.is_not_found() => Some(View::default()),
        Err(error) => {
            tracing::debug!(%room, %error, "a room could not be looked at");
            None
        }
    };
    Event::Looked { room, view }
}

async fn claim(server: &Server, room: String, dispatch: String) -> Event {
    let claimed: Result<Outcome, ServerError> = server.claim(&room, &dispatch).await;
    let outcome = claimed.unwrap_or_else(|error| {
        tracing::warn!(%room, %error, "a room without an agent could not be dispatched again");
        Outcome::Failed
    });
    Event::Claimed { room, outcome }
}

async fn retire(server: &Server, room: &str, dispatch: &str) {
    match server.retire(room, dispatch).await {
        Ok(()) => tracing::info!(
            %room, %dispatch,
            "the agent has left callers on purpose; its dispatch was deleted, so that no agent comes back"
        ),
        Err(error) if error.is_not_found() => {}
        Err(error) => {
            tracing::warn!(%room, %dispatch, %error, "a dispatch that has ended could not be deleted");
        }
    }
}

fn observe(fact: &Fact) {
    let seconds = |waited: &Duration| (waited.as_secs_f64() * 10.0).round() / 10.0;
    match fact {
        Fact::Waits { room } => tracing::warn!(%room, "a room waits for an agent"),
        Fact::Served { room, waited } => {
            tracing::info!(%room, seconds = seconds(waited), "a room that waited has its agent");
        }
        Fact::GaveUp { room, waited } => {
            tracing::info!(%room, seconds = seconds(waited), "a room that waited needs no agent any more");
        }
        Fact::Claimed { room, outcome } => tracing::debug!(%room, ?outcome, "a room was claimed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cloud_does_it_by_itself() {
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
