//! The WebSocket of one client, with optional recording.

use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{self, Message};

use super::record::ConnectionRecorder;
use super::recording::{From, What};

/// Timeout for a client to receive one message.
const CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// Maximum number of characters that `$pad:N` expands to.
const LONGEST_PAD: usize = 64 << 20;

/// Continues, or breaks with the reason why the connection ended.
pub(super) type Flow = ControlFlow<&'static str>;

/// A WebSocket, and the ids last sent on it.
pub(super) struct Wire {
    socket: WebSocketStream<TcpStream>,
    recorder: Option<ConnectionRecorder>,
    last: Last,
    /// Sent after the next message.
    held: Option<Value>,
}

/// Ids sent last; empty at first.
#[derive(Debug, Default)]
struct Last {
    session: String,
    reply: String,
    item: String,
    call: String,
}

impl Wire {
    pub(super) fn new(
        socket: WebSocketStream<TcpStream>,
        recorder: Option<ConnectionRecorder>,
    ) -> Self {
        Self {
            socket,
            recorder,
            last: Last::default(),
            held: None,
        }
    }

    /// The next frame; `None` once the connection is over. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<tungstenite::Result<Message>> {
        self.socket.next().await
    }

    /// Records a client message; `message` is null if it was not JSON.
    pub(super) async fn took(&mut self, message: &Value, text: &str) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let what = match message {
            Value::Null => What::Text(text.to_owned()),
            message => What::Message(message.clone()),
        };
        recorder.note(From::Client, what).await;
    }

    /// Sends a message as it is.
    pub(super) async fn write(&mut self, message: &Value) -> Flow {
        self.know(message);
        if let Some(recorder) = &mut self.recorder {
            recorder
                .note(From::Server, What::Message(message.clone()))
                .await;
        }
        self.put(message.to_string()).await?;
        match self.held.take() {
            Some(held) => Box::pin(self.write(&held)).await,
            None => ControlFlow::Continue(()),
        }
    }

    /// Sends any text, which need not be a message.
    pub(super) async fn write_text(&mut self, text: &str) -> Flow {
        let text = self.filled_text(text);
        if let Some(recorder) = &mut self.recorder {
            recorder.note(From::Server, What::Text(text.clone())).await;
        }
        self.put(text).await
    }

    /// Holds a message back until after the next one; sends a message already held back.
    pub(super) async fn hold_back(&mut self, message: Value) -> Flow {
        match self.held.replace(message) {
            Some(before) => {
                let behind = self.held.take();
                self.write(&before).await?;
                self.held = behind;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Continue(()),
        }
    }

    pub(super) async fn close(&mut self, code: u16, reason: &str) -> Flow {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(From::Server, What::Close(code)).await;
        }
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        };
        match timeout(CLIENT_WITHIN, self.socket.close(Some(frame))).await {
            Ok(Ok(())) => ControlFlow::Break("closed"),
            _ => ControlFlow::Break("the client disconnected"),
        }
    }

    /// Drops the connection without a close frame.
    pub(super) async fn cut(&mut self) -> Flow {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(From::Server, What::Cut(true)).await;
        }
        ControlFlow::Break("cut")
    }

    /// Remembers the ids of a message that is sent or about to be.
    pub(super) fn know(&mut self, message: &Value) {
        let last = [
            ("session_id", &mut self.last.session),
            ("reply_id", &mut self.last.reply),
            ("item_id", &mut self.last.item),
            ("call_id", &mut self.last.call),
        ];
        for (name, known) in last {
            if let Some(id) = message[name].as_str().filter(|id| id != known) {
                id.clone_into(known);
            }
        }
    }

    /// Id of the last reply.
    pub(super) fn last_reply(&self) -> &str {
        &self.last.reply
    }

    /// Fields of a step, with `$…` placeholders filled in.
    pub(super) fn filled(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        let fill = |(name, value): (&String, &Value)| (name.clone(), self.filled_value(value));
        fields.iter().map(fill).collect()
    }

    fn filled_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text == "$null" => Value::Null,
            Value::String(text) => self.filled_text(text).into(),
            Value::Array(list) => list.iter().map(|it| self.filled_value(it)).collect(),
            Value::Object(fields) => Value::Object(self.filled(fields)),
            other => other.clone(),
        }
    }

    fn filled_text(&self, text: &str) -> String {
        let pad = text.strip_prefix("$pad:").and_then(|it| it.parse().ok());
        if let Some(length) = pad {
            return "x".repeat(LONGEST_PAD.min(length));
        }
        text.replace("$session", &self.last.session)
            .replace("$reply", &self.last.reply)
            .replace("$item", &self.last.item)
            .replace("$call", &self.last.call)
    }

    /// Sends a text as it is, without recording it.
    pub(super) async fn put(&mut self, text: String) -> Flow {
        match timeout(CLIENT_WITHIN, self.socket.send(Message::text(text))).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break("the client disconnected"),
        }
    }
}
