//! The dispatch WebSocket: binary protobuf messages in both directions.

use std::fmt;
use std::time::Duration;

use bytes::BytesMut;
use parlor_common::websocket::{self, End, KeepAlive, Outgoing};
use parlor_core::dispatch::{Command, Event};
use parlor_core::wire::dispatch::{decode, encode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// The server itself pings every 10 s.
const KEEP_ALIVE: KeepAlive = KeepAlive {
    ping_every: Duration::from_secs(10),
    silent_after: Duration::from_secs(25),
};

/// Capacity of the queue of messages to the server: each job of a burst takes two. If it is full,
/// the server has stopped reading.
const OUTBOX: usize = 1_024;

/// A callback that runs once all earlier messages are written.
type Then = Box<dyn FnOnce() + Send>;

/// Sending half of one connection. Dropping it closes the WebSocket.
#[derive(Debug)]
pub struct Link {
    outbox: mpsc::Sender<Item>,
}

/// Receives what a [`Link`] sends, for the task that drives the WebSocket.
#[derive(Debug)]
pub struct Outbox(mpsc::Receiver<Item>);

enum Item {
    Command(Command),
    Then(Then),
}

/// The server has stopped reading messages.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the server stopped reading messages")]
pub struct Stalled;

impl Link {
    /// Creates the two ends of a connection's queue.
    pub fn pair() -> (Self, Outbox) {
        let (outbox, outbox_out) = mpsc::channel(OUTBOX);
        (Self { outbox }, Outbox(outbox_out))
    }

    /// Queues a message to the server.
    ///
    /// # Errors
    /// [`Stalled`] if the queue is full.
    pub fn send(&self, command: Command) -> Result<(), Stalled> {
        self.queue(Item::Command(command))
    }

    /// Runs `then` once all queued messages are written, or immediately if they cannot be written.
    pub fn after(&self, then: impl FnOnce() + Send + 'static) {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.outbox.try_send(Item::Then(Box::new(then))) {
            Ok(()) => {}
            Err(Closed(item) | Full(item)) => item.give_up(),
        }
    }

    fn queue(&self, item: Item) -> Result<(), Stalled> {
        match self.outbox.try_send(item) {
            // `Event::Lost` reports a closed connection.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Stalled),
        }
    }
}

impl Item {
    /// Runs the callback, if this is one, because the message will never be written.
    fn give_up(self) {
        if let Self::Then(then) = self {
            then();
        }
    }
}

impl Outbox {
    /// Runs all queued callbacks, because the messages before them will never be written.
    fn give_up(mut self) {
        self.0.close();
        while let Ok(item) = self.0.try_recv() {
            item.give_up();
        }
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => command.fmt(f),
            Self::Then(_) => f.write_str("Then"),
        }
    }
}

/// Encodes what a [`Link`] sends.
struct Writer {
    outbox: Outbox,
    buffer: BytesMut,
}

impl Outgoing for Writer {
    async fn next(&mut self) -> Option<Message> {
        loop {
            match self.outbox.0.recv().await? {
                Item::Command(command) => {
                    encode(&command, &mut self.buffer);
                    return Some(Message::Binary(self.buffer.split().freeze()));
                }
                Item::Then(then) => then(),
            }
        }
    }
}

/// Carries messages in both directions until the connection ends, and returns the reason.
pub async fn drive<S>(
    socket: WebSocketStream<S>,
    outbox: Outbox,
    events: &mpsc::Sender<Event>,
) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut writer = Writer {
        outbox,
        buffer: BytesMut::new(),
    };
    let decode = |message| {
        let Message::Binary(frame) = message else {
            return None;
        };
        let event = decode(&frame).inspect_err(
            |error| tracing::warn!(%error, "received an invalid message from the server"),
        );
        event.ok().map(Event::Server)
    };
    let end = websocket::drive(socket, KEEP_ALIVE, &mut writer, decode, events).await;
    writer.outbox.give_up();
    match end {
        End::Silent => {
            let seconds = KEEP_ALIVE.silent_after.as_secs();
            format!("no message from the server for {seconds} s")
        }
        End::Stalled => "the server stopped reading".to_owned(),
        End::Closed(Some(frame)) => {
            format!(
                "the server closed the connection: {} {}",
                frame.code, frame.reason
            )
        }
        End::Closed(None) => "the connection ended without a close frame".to_owned(),
        End::ClosedHere => "the worker closed the connection".to_owned(),
        End::Failed(error) => error.to_string(),
    }
}
