//! Queues of events from the Voice Agent API, one queue per connection.

use parlor_core::conversation::{Event, SocketLoss};
use tokio::sync::mpsc;

/// Capacity of the queue of events of one connection. While it is full the reader waits, and TCP
/// flow control applies. One second of reply audio is 100 events, so the driver is never far
/// behind.
pub(crate) const EVENTS: usize = 64;

/// Capacity of the queue of new connections; one event opens at most two.
const CONNECTIONS: usize = 4;

/// Receives the events of the latest connection. Drops the remaining events of earlier ones, so
/// that the end of an old connection is not taken for the end of the current one.
#[derive(Debug)]
pub struct Inbox {
    connections: mpsc::Receiver<mpsc::Receiver<Event>>,
    latest: Option<mpsc::Receiver<Event>>,
}

/// Creates the event queues of an [`Inbox`].
#[derive(Debug, Clone)]
pub struct Connections(mpsc::Sender<mpsc::Receiver<Event>>);

impl Inbox {
    /// Creates an inbox without a connection.
    pub fn new() -> (Connections, Self) {
        let (connections, connections_out) = mpsc::channel(CONNECTIONS);
        let inbox = Self {
            connections: connections_out,
            latest: None,
        };
        (Connections(connections), inbox)
    }

    /// Waits for the next event; waits forever without a connection. Cancel-safe.
    pub async fn next(&mut self) -> Event {
        loop {
            tokio::select! {
                biased;
                Some(connection) = self.connections.recv() => self.latest = Some(connection),
                event = said(&mut self.latest) => return event.unwrap_or_else(|| {
                    // The task normally sends `AgentLost` before it ends; this covers a panic.
                    self.latest = None;
                    Event::AgentLost(SocketLoss::Broken("its task ended unexpectedly".to_owned()))
                }),
            }
        }
    }
}

impl Connections {
    /// Creates the event queue of a new connection, which replaces the previous one.
    pub fn open(&self) -> mpsc::Sender<Event> {
        let (events, events_out) = mpsc::channel(EVENTS);
        if self.0.try_send(events_out).is_err() {
            tracing::error!("a new connection to the Voice Agent API has no receiver");
        }
        events
    }
}

async fn said(latest: &mut Option<mpsc::Receiver<Event>>) -> Option<Event> {
    match latest {
        Some(connection) => connection.recv().await,
        None => std::future::pending().await,
    }
}
