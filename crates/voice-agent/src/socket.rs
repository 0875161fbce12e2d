//! Drives an open WebSocket. Its reader and writer never wait for each other.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use parlor_core::conversation::{Event, SocketLoss};
use parlor_core::wire::agent::{Decoder, encode, encode_audio};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::Outbox;

/// Interval of our pings.
const PING_EVERY: Duration = Duration::from_secs(5);

/// How long the API may send nothing, not even pongs, before the connection counts as dead.
const SILENT_AFTER: Duration = Duration::from_secs(12);

/// How long the API may take to answer our close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// Close code for a connection that ended without a close frame, RFC 6455 §7.1.5.
const ABNORMAL: u16 = 1006;

/// Carries messages in both directions until the connection ends, and returns the reason.
///
/// The reader sends decoded messages to `events` and waits while the channel is full. The writer
/// sends what it receives from `outbox` and closes the WebSocket when the [`Link`](super::Link) is
/// dropped.
pub async fn drive<S>(
    socket: WebSocketStream<S>,
    outbox: Outbox,
    events: &mpsc::Sender<Event>,
) -> SocketLoss
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sink, stream) = socket.split();
    let mut reading = pin!(read(stream, events));
    tokio::select! {
        loss = &mut reading => loss,
        written = write(sink, outbox) => match written {
            Ok(()) => timeout(CLOSE_WITHIN, reading).await.unwrap_or_else(|_| closed(None)),
            Err(error) => broken(&error),
        },
    }
}

async fn read<S>(
    mut stream: SplitStream<WebSocketStream<S>>,
    events: &mpsc::Sender<Event>,
) -> SocketLoss
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut decoder = Decoder::new();
    let mut malformed = 0u64;
    let mut last = Instant::now();
    let mut silence = pin!(sleep(SILENT_AFTER));
    loop {
        let message = tokio::select! {
            biased;
            message = stream.next() => message,
            () = &mut silence => {
                if last.elapsed() >= SILENT_AFTER {
                    let silent = format!("no message for {} s", SILENT_AFTER.as_secs());
                    return SocketLoss::Broken(silent);
                }
                silence.as_mut().reset(last + SILENT_AFTER);
                continue;
            }
        };
        match message {
            Some(Ok(Message::Text(text))) => match decoder.decode(&text) {
                Ok(event) => {
                    if events.send(Event::Agent(event)).await.is_err() {
                        return closed(None);
                    }
                }
                Err(error) => {
                    malformed += 1;
                    tracing::warn!(
                        %error, malformed,
                        "received an invalid message from the Voice Agent API"
                    );
                }
            },
            Some(Ok(Message::Close(frame))) => return closed(frame),
            // Audio is base64 in JSON, never binary; the library answers pings.
            Some(Ok(_)) => {}
            Some(Err(error)) => return broken(&error),
            None => return closed(None),
        }
        last = Instant::now();
    }
}

/// Writes messages until the link is dropped, then sends a close frame and returns `Ok`.
async fn write<S>(
    mut sink: SplitSink<WebSocketStream<S>, Message>,
    mut outbox: Outbox,
) -> Result<(), tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = BytesMut::new();
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        tokio::select! {
            biased;
            command = outbox.commands.recv() => match command {
                Some(command) => encode(&command, &mut buffer),
                None => break,
            },
            Some(chunk) = outbox.audio.recv() => encode_audio(chunk.samples(), &mut buffer),
            _ = ping.tick() => {
                sink.send(Message::Ping(Bytes::new())).await?;
                continue;
            }
        }
        // The library drops the text once it is written, so `buffer` can reuse its memory.
        let text = Utf8Bytes::try_from(buffer.split()).expect("encoded JSON is valid UTF-8");
        sink.send(Message::Text(text)).await?;
    }
    sink.send(Message::Close(None)).await
}

fn closed(frame: Option<CloseFrame>) -> SocketLoss {
    match frame {
        Some(frame) => SocketLoss::Closed {
            code: frame.code.into(),
            reason: frame.reason.to_string(),
        },
        None => SocketLoss::Closed {
            code: ABNORMAL,
            reason: String::new(),
        },
    }
}

fn broken(error: &tungstenite::Error) -> SocketLoss {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => closed(None),
        error => SocketLoss::Broken(error.to_string()),
    }
}
