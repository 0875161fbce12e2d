//! The dispatch WebSocket: binary protobuf both ways.

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

/// How often we ping; the server pings every 10 s itself.
const PING_EVERY: Duration = Duration::from_secs(10);

/// Silence of the server, pings and pongs included, after which the socket counts as dead.
const SILENT_AFTER: Duration = Duration::from_secs(25);

/// How long the server may take to take one message.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// Messages waiting to be sent: a burst of offers has two each. Full means that the server has
/// stopped reading.
const OUTBOX: usize = 1_024;

/// Something to run once all messages before it are written.
type Then = Box<dyn FnOnce() + Send>;

/// The sending half of one connection. Dropping it closes the WebSocket.
#[derive(Debug)]
pub struct Link {
    outbox: mpsc::Sender<Outgoing>,
}

/// What the socket task takes from a [`Link`].
#[derive(Debug)]
pub struct Outbox(mpsc::Receiver<Outgoing>);

enum Outgoing {
    Command(Command),
    Then(Then),
}

/// The server takes nothing any more.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the server takes no more messages")]
pub struct Stalled;

impl Link {
    /// Makes the two ends of a connection.
    pub fn pair() -> (Self, Outbox) {
        let (outbox, outbox_out) = mpsc::channel(OUTBOX);
        (Self { outbox }, Outbox(outbox_out))
    }

    /// Queues a message.
    ///
    /// # Errors
    /// [`Stalled`] when the queue is full.
    pub fn send(&self, command: Command) -> Result<(), Stalled> {
        self.queue(Outgoing::Command(command))
    }

    /// Runs `then` once all that was queued is written, or at once when it never will be.
    pub fn after(&self, then: impl FnOnce() + Send + 'static) {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.outbox.try_send(Outgoing::Then(Box::new(then))) {
            Ok(()) => {}
            Err(Closed(outgoing) | Full(outgoing)) => outgoing.give_up(),
        }
    }

    fn queue(&self, outgoing: Outgoing) -> Result<(), Stalled> {
        match self.outbox.try_send(outgoing) {
            // A closed socket is reported by its own event.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Stalled),
        }
    }
}

impl Outgoing {
    /// It will never be written.
    fn give_up(self) {
        if let Self::Then(then) = self {
            then();
        }
    }
}

impl Outbox {
    /// Runs what waits for messages that will never be written.
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

/// Carries messages both ways until the socket ends; says why it ended.
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
            return format!("the server was silent for {} s", SILENT_AFTER.as_secs());
        };
        match message {
            Some(Ok(Message::Binary(frame))) => match decode(&frame) {
                Ok(event) => {
                    if events.send(Event::Server(event)).await.is_err() {
                        return "nobody listens any more".to_owned();
                    }
                }
                Err(error) => tracing::warn!(%error, "the server sent what cannot be read"),
            },
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| format!(": {} {}", frame.code, frame.reason));
                return format!("the server closed the socket{}", reason.unwrap_or_default());
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return error.to_string(),
            None => return "the connection was cut".to_owned(),
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
        Ok(()) => "it was closed here".to_owned(),
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
