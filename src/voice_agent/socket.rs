//! An open WebSocket: two halves that never wait for each other.

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
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes, protocol::CloseFrame};

use super::Outbox;

/// How often we ping.
const PING_EVERY: Duration = Duration::from_secs(5);

/// Silence of the peer, pongs included, after which the socket counts as dead.
const SILENT_AFTER: Duration = Duration::from_secs(12);

/// How long the peer may take to answer our close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The close code that stands for "no close frame came", RFC 6455 §7.1.5.
const ABNORMAL: u16 = 1006;

/// Carries messages both ways until the socket ends; says how it ended.
///
/// The reader hands decoded messages to `events` and waits when that is full; the writer takes
/// from `outbox`. When the outbox's senders are gone the socket is closed.
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
                    let silent = format!("the peer was silent for {} s", SILENT_AFTER.as_secs());
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
                    tracing::warn!(%error, malformed, "the agent sent a message that cannot be read");
                }
            },
            Some(Ok(Message::Close(frame))) => return closed(frame),
            // Audio is base64 in JSON, never binary; pings are answered by the library.
            Some(Ok(_)) => {}
            Some(Err(error)) => return broken(&error),
            None => return closed(None),
        }
        last = Instant::now();
    }
}

/// Ends with `Ok` after our close frame is out.
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
        // The library drops the text once it is written, and `buffer` takes its memory back.
        let text = Utf8Bytes::try_from(buffer.split()).expect("JSON is UTF-8");
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
