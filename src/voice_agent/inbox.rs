//! What the agent says, one connection after another.

use parlor_core::conversation::{Event, SocketLoss};
use tokio::sync::mpsc;

/// Events between the socket and the core. When it is full the reader waits and TCP pushes
/// back; a second of reply audio is 100 events, so the driver is never far behind.
pub(crate) const EVENTS: usize = 64;

/// Connections that may wait to be listened to; one event leads to two at most.
const CONNECTIONS: usize = 4;

/// The events of the latest connection. What an earlier one still has to say is dropped, so that
/// its end is not taken for the end of the next.
#[derive(Debug)]
pub struct Inbox {
    connections: mpsc::Receiver<mpsc::Receiver<Event>>,
    latest: Option<mpsc::Receiver<Event>>,
}

/// Makes the queues of the connections of one [`Inbox`].
#[derive(Debug, Clone)]
pub struct Connections(mpsc::Sender<mpsc::Receiver<Event>>);

impl Inbox {
    /// An inbox without a connection yet.
    pub fn new() -> (Connections, Self) {
        let (connections, connections_out) = mpsc::channel(CONNECTIONS);
        let inbox = Self {
            connections: connections_out,
            latest: None,
        };
        (Connections(connections), inbox)
    }

    /// The next event; waits for ever without a connection. Cancel-safe.
    pub async fn next(&mut self) -> Event {
        loop {
            tokio::select! {
                biased;
                Some(connection) = self.connections.recv() => self.latest = Some(connection),
                event = said(&mut self.latest) => return event.unwrap_or_else(|| {
                    // It says so itself before it ends; if it could not, nobody else would.
                    self.latest = None;
                    Event::AgentLost(SocketLoss::Broken("the socket's task ended".to_owned()))
                }),
            }
        }
    }
}

impl Connections {
    /// The queue of another connection, in place of the one before.
    pub fn open(&self) -> mpsc::Sender<Event> {
        let (events, events_out) = mpsc::channel(EVENTS);
        if self.0.try_send(events_out).is_err() {
            tracing::error!("nobody listens to the agent");
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
