//! Drives an open WebSocket. Its reader and writer never wait for each other.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

/// Timeout for writing one message.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// How long the peer may take to answer our close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// When a connection counts as dead.
#[derive(Debug, Clone, Copy)]
pub struct KeepAlive {
    /// Interval of our pings.
    pub ping_every: Duration,
    /// How long the peer may send nothing, not even pings or pongs.
    pub silent_after: Duration,
}

/// Why a connection ended.
#[derive(Debug)]
pub enum End {
    /// The peer sent nothing for [`KeepAlive::silent_after`].
    Silent,
    /// The peer has stopped reading.
    Stalled,
    /// The peer closed the connection; `None` without a close frame.
    Closed(Option<CloseFrame>),
    /// This side closed the connection.
    ClosedHere,
    /// The connection failed.
    Failed(tungstenite::Error),
}

/// The messages to send.
pub trait Outgoing {
    /// Waits for the next message; `None` closes the connection. Must be cancel-safe.
    fn next(&mut self) -> impl Future<Output = Option<Message>> + Send;
}

/// Carries messages in both directions until the connection ends.
///
/// Each text and binary message is decoded and sent to `events`; nothing is read while that channel
/// is full. The connection ends when the channel is closed.
pub async fn drive<S, E>(
    socket: WebSocketStream<S>,
    keep_alive: KeepAlive,
    outgoing: &mut impl Outgoing,
    decode: impl FnMut(Message) -> Option<E>,
    events: &mpsc::Sender<E>,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sink, stream) = socket.split();
    let mut reading = pin!(read(stream, keep_alive.silent_after, decode, events));
    tokio::select! {
        end = &mut reading => end,
        written = write(sink, keep_alive.ping_every, outgoing) => match written {
            Ok(()) => timeout(CLOSE_WITHIN, reading).await.unwrap_or(End::ClosedHere),
            Err(end) => end,
        },
    }
}

async fn read<S, E>(
    mut stream: SplitStream<WebSocketStream<S>>,
    silent_after: Duration,
    mut decode: impl FnMut(Message) -> Option<E>,
    events: &mpsc::Sender<E>,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let Ok(message) = timeout(silent_after, stream.next()).await else {
            return End::Silent;
        };
        match message {
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                if let Some(event) = decode(message)
                    && events.send(event).await.is_err()
                {
                    return End::ClosedHere;
                }
            }
            Some(Ok(Message::Close(frame))) => return End::Closed(frame),
            // The library answers pings.
            Some(Ok(_)) => {}
            Some(Err(error)) => return failed(error),
            None => return End::Closed(None),
        }
    }
}

/// Writes messages until there are no more, then a close frame.
async fn write<S>(
    mut sink: SplitSink<WebSocketStream<S>, Message>,
    ping_every: Duration,
    outgoing: &mut impl Outgoing,
) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ping = interval_at(Instant::now() + ping_every, ping_every);
    loop {
        let message = tokio::select! {
            biased;
            message = outgoing.next() => message,
            _ = ping.tick() => Some(Message::Ping(Bytes::new())),
        };
        let is_last = message.is_none();
        let message = message.unwrap_or(Message::Close(None));
        match timeout(WRITE_WITHIN, sink.send(message)).await {
            Ok(Ok(())) if is_last => return Ok(()),
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(failed(error)),
            Err(_elapsed) => return Err(End::Stalled),
        }
    }
}

fn failed(error: tungstenite::Error) -> End {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            End::Closed(None)
        }
        error => End::Failed(error),
    }
}
