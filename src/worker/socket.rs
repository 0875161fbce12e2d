//! The dispatch WebSocket: binary protobuf messages in both directions.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use parlor_core::dispatch::{Command, Event};
use parlor_core::wire::dispatch::{decode, encode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

/// Interval of our pings; the server itself pings every 10 s.
const PING_EVERY: Duration = Duration::from_secs(10);

/// How long the server may send nothing, not even pings or pongs, before the connection counts as
/// dead.
const SILENT_AFTER: Duration = Duration::from_secs(25);

/// Timeout for writing one message.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// Capacity of the queue of messages to the server: each job of a burst takes two. If it is full,
/// the server has stopped reading.
const OUTBOX: usize = 1_024;

/// A callback that runs once all earlier messages are written.
type Then = Box<dyn FnOnce() + Send>;

/// Sending half of one connection. Dropping it closes the WebSocket.
#[derive(Debug)]
pub struct Link {
    outbox: mpsc::Sender<Outgoing>,
}

/// Receives what a [`Link`] sends, for the task that drives the WebSocket.
#[derive(Debug)]
pub struct Outbox(mpsc::Receiver<Outgoing>);

enum Outgoing {
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
        self.queue(Outgoing::Command(command))
    }

    /// Runs `then` once all queued messages are written, or immediately if they cannot be written.
    pub fn after(&self, then: impl FnOnce() + Send + 'static) {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.outbox.try_send(Outgoing::Then(Box::new(then))) {
            Ok(()) => {}
            Err(Closed(outgoing) | Full(outgoing)) => outgoing.give_up(),
        }
    }

    fn queue(&self, outgoing: Outgoing) -> Result<(), Stalled> {
        match self.outbox.try_send(outgoing) {
            // `Event::Lost` reports a closed connection.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Stalled),
        }
    }
}

impl Outgoing {
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
        while let Ok(outgoing) = self.0.try_recv() {
            outgoing.give_up();
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => command.fmt(f),
            Self::Then(_) => f.write_str("Then"),
        }
    }
}

/// Carries messages in both directions until the connection ends, and returns the reason.
pub async fn drive<S>(
    socket: WebSocketStream<S>,
    mut outbox: Outbox,
    events: &mpsc::Sender<Event>,
) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sink, stream) = socket.split();
    let reading = pin!(read(stream, events));
    let reason = tokio::select! {
        reason = reading => reason,
        reason = write(sink, &mut outbox) => reason,
    };
    outbox.give_up();
    reason
}

async fn read<S>(
    mut stream: SplitStream<WebSocketStream<S>>,
    events: &mpsc::Sender<Event>,
) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let Ok(message) = timeout(SILENT_AFTER, stream.next()).await else {
            return format!(
                "no message from the server for {} s",
                SILENT_AFTER.as_secs()
            );
        };
        match message {
            Some(Ok(Message::Binary(frame))) => match decode(&frame) {
                Ok(event) => {
                    if events.send(Event::Server(event)).await.is_err() {
                        return "the worker stopped".to_owned();
                    }
                }
                Err(error) => tracing::warn!(%error, "received an invalid message from the server"),
            },
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| format!(": {} {}", frame.code, frame.reason));
                return format!(
                    "the server closed the connection{}",
                    reason.unwrap_or_default()
                );
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return error.to_string(),
            None => return "the connection ended without a close frame".to_owned(),
        }
    }
}

async fn write<S>(mut sink: SplitSink<WebSocketStream<S>, Message>, outbox: &mut Outbox) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = BytesMut::new();
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        let message = tokio::select! {
            biased;
            outgoing = outbox.0.recv() => match outgoing {
                Some(Outgoing::Command(command)) => {
                    encode(&command, &mut buffer);
                    Message::Binary(buffer.split().freeze())
                }
                Some(Outgoing::Then(then)) => {
                    then();
                    continue;
                }
                None => break,
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        if let Err(error) = put(&mut sink, message).await {
            return error;
        }
    }
    match put(&mut sink, Message::Close(None)).await {
        Ok(()) => "the worker closed the connection".to_owned(),
        Err(error) => error,
    }
}

async fn put<S>(
    sink: &mut SplitSink<WebSocketStream<S>, Message>,
    message: Message,
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let sent: Result<Result<(), tungstenite::Error>, _> =
        timeout(WRITE_WITHIN, sink.send(message)).await;
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_elapsed) => Err("the server stopped reading".to_owned()),
    }
}
