//! A running simulator, and a client for tests to script.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::*;

/// A running simulator; it stops when this and all its clients are dropped.
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

/// Options with these bundled scenarios.
pub(super) fn playing(names: &[&str]) -> Options {
    let bundled = |name: &&str| Scenario::bundled(name).unwrap();
    Options {
        scenarios: names.iter().map(bundled).collect(),
        ..Options::default()
    }
}

/// Options with a scenario of these steps, and short turns.
pub(super) fn stepping(steps: &str) -> Options {
    Options {
        scenarios: vec![Scenario::parse(&format!("about = ''\n{steps}")).unwrap()],
        ..quick()
    }
}

/// Options without waits for audio or the end of a turn.
pub(super) fn quick() -> Options {
    Options {
        pace: Pace::Burst,
        onset: Duration::from_millis(200),
        barge_in: Duration::from_millis(200),
        end_of_turn: Duration::from_millis(300),
        ..Options::default()
    }
}

/// 0.9 s of speech and the silence that ends a turn with [`quick`].
pub(super) fn turn() -> Vec<i16> {
    let wave = |at: u32| if at % 120 < 60 { 8_000 } else { -8_000 };
    let mut samples: Vec<_> = (0..12_000).map(wave).collect();
    samples.extend([0; 9_600]);
    samples
}

impl Served {
    pub(super) async fn start(options: Options) -> Self {
        Self::of(Simulator::bind(options).await.unwrap()).0
    }

    /// Runs a simulator; also returns its task.
    pub(super) fn of(simulator: Simulator) -> (Self, JoinHandle<()>) {
        let (stop, stopped) = oneshot::channel();
        let (url, log) = (simulator.url(), simulator.watch());
        let task = tokio::spawn(simulator.run(async {
            stopped.await.ok();
        }));
        let stop = Arc::new(stop);
        (Self { url, log, stop }, task)
    }

    /// Requests a temporary token.
    pub(super) async fn token(&self, key: &str) -> String {
        let address = self.url.trim_start_matches("ws://").split('/').next();
        let mut socket = TcpStream::connect(address.unwrap()).await.unwrap();
        let request =
            format!("GET /v1/token?expires_in_seconds=60 HTTP/1.1\r\nAuthorization: {key}\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        body["token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn connect(&self, bearer: &str) -> Client {
        self.try_connect("", &format!("Bearer {bearer}"))
            .await
            .unwrap()
    }

    /// Connects with this query and `Authorization` header; returns the HTTP status of a refusal.
    pub(super) async fn try_connect(&self, query: &str, header: &str) -> Result<Client, u16> {
        let url = format!("{}{query}", self.url);
        let mut request = url.into_client_request().unwrap();
        if !header.is_empty() {
            let header = header.parse().unwrap();
            request.headers_mut().insert("authorization", header);
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Client {
                socket,
                log: self.log.clone(),
                _stop: self.stop.clone(),
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Client {
    pub(super) async fn send(&mut self, message: Value) {
        self.try_send(message).await.unwrap();
    }

    /// Fails if the connection is over.
    pub(super) async fn try_send(&mut self, message: Value) -> Result<(), Error> {
        self.socket.send(Message::text(message.to_string())).await
    }

    /// The next JSON message, or the close code once the WebSocket is closed.
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

    /// Requests a session; returns its `session.ready`.
    pub(super) async fn ready(&mut self, session: Value) -> Value {
        self.send(json!({"type": "session.update", "session": session}))
            .await;
        self.until("session.ready").await.pop().unwrap()
    }

    /// Sends samples in real time, in chunks of 50 ms.
    pub(super) async fn speak(&mut self, samples: &[i16]) {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for chunk in samples.chunks(1_200) {
            tick.tick().await;
            self.send(audio(chunk)).await;
        }
    }
}

/// Builds an `input.audio`.
pub(super) fn audio(samples: &[i16]) -> Value {
    use base64::Engine as _;
    let bytes: Vec<_> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
    let audio = base64::engine::general_purpose::STANDARD.encode(bytes);
    json!({"type": "input.audio", "audio": audio})
}
