//! The messages of an open WebSocket.

use std::time::Duration;

use bytes::BytesMut;
use parlor_common::websocket::{self, End, KeepAlive, Outgoing};
use parlor_core::conversation::{Event, SocketLoss};
use parlor_core::wire::agent::{Decoder, encode, encode_audio};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Outbox;

const KEEP_ALIVE: KeepAlive = KeepAlive {
    ping_every: Duration::from_secs(5),
    silent_after: Duration::from_secs(12),
};

/// Close code for a connection that ended without a close frame, RFC 6455 §7.1.5.
const ABNORMAL: u16 = 1006;

/// Encodes what a [`Link`](super::Link) sends.
struct Writer {
    outbox: Outbox,
    buffer: BytesMut,
}

impl Outgoing for Writer {
    async fn next(&mut self) -> Option<Message> {
        let Self { outbox, buffer } = self;
        tokio::select! {
            biased;
            command = outbox.commands.recv() => encode(&command?, buffer),
            Some(chunk) = outbox.audio.recv() => encode_audio(chunk.samples(), buffer),
        }
        // The library drops the text once it is written, so `buffer` can reuse its memory.
        let text = Utf8Bytes::try_from(buffer.split()).expect("encoded JSON is valid UTF-8");
        Some(Message::Text(text))
    }
}

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
    let mut writer = Writer {
        outbox,
        buffer: BytesMut::new(),
    };
    let mut decoder = Decoder::new();
    let mut malformed = 0u64;
    let decode = |message| {
        // Audio is base64 in JSON, never binary.
        let Message::Text(text) = message else {
            return None;
        };
        let event = decoder.decode(&text).inspect_err(|error| {
            malformed += 1;
            tracing::warn!(
                %error, malformed,
                "received an invalid message from the Voice Agent API"
            );
        });
        event.ok().map(Event::Agent)
    };
    match websocket::drive(socket, KEEP_ALIVE, &mut writer, decode, events).await {
        End::Silent => {
            let seconds = KEEP_ALIVE.silent_after.as_secs();
            SocketLoss::Broken(format!("no message for {seconds} s"))
        }
        End::Stalled => SocketLoss::Broken("the API stopped reading".to_owned()),
        End::Closed(frame) => closed(frame),
        End::ClosedHere => closed(None),
        End::Failed(error) => SocketLoss::Broken(error.to_string()),
    }
}

fn closed(frame: Option<CloseFrame>) -> SocketLoss {
    let (code, reason) = match frame {
        Some(frame) => (frame.code.into(), frame.reason.to_string()),
        None => (ABNORMAL, String::new()),
    };
    SocketLoss::Closed { code, reason }
}
