//! A simulator that runs, and a client that a test scripts.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::sim::*;

/// A simulator that runs as long as this or a client of it lives.
pub(super) struct Served {
    url: String,
    pub(super) log: Log,
    stop: Arc<oneshot::Sender<()>>,
}

pub(super) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) log: Log,
    _stop: Arc<oneshot::Sender<()>>,
}

impl Served {
    pub(super) async fn start(options: Options) -> Self {
        let simulator = Simulator::bind(options).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let (url, log) = (simulator.url(), simulator.watch());
        tokio::spawn(simulator.run(async {
            stopped.await.ok();
        }));
        let stop = Arc::new(stop);
        Self { url, log, stop }
    }

    pub(super) async fn connect(&self, bearer: &str) -> Client {
        let mut request = self.url.as_str().into_client_request().unwrap();
        let bearer = format!("Bearer {bearer}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let (socket, _) = connect_async(request).await.unwrap();
        Client {
            socket,
            log: self.log.clone(),
            _stop: self.stop.clone(),
        }
    }
}

impl Client {
    pub(super) async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next JSON message; none when the socket was closed, with its code.
    pub(super) async fn next(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(message) => return Ok(message),
                    Err(_) => continue,
                },
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|it| it.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    pub(super) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let message = self.next().await.unwrap();
            let found = message["type"] == kind;
            seen.push(message);
            if found {
                return seen;
            }
        }
    }

    /// Asks for a session; gives its `session.ready`.
    pub(super) async fn ready(&mut self, session: Value) -> Value {
        self.send(json!({"type": "session.update", "session": session}))
            .await;
        self.until("session.ready").await.pop().unwrap()
    }

    /// Sends samples in real time, in 50 ms chunks.
    pub(super) async fn speak(&mut self, samples: &[i16]) {
        use base64::Engine as _;
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for chunk in samples.chunks(1_200) {
            tick.tick().await;
            let bytes: Vec<_> = chunk
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect();
            let audio = base64::engine::general_purpose::STANDARD.encode(bytes);
            self.send(json!({"type": "input.audio", "audio": audio}))
                .await;
        }
    }
}
