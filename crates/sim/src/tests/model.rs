//! A client that does everything a client may do, and much that it may not, again and again, so
//! that every event a scenario waits for takes place.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, Interval, interval, timeout};

use super::peer::{Client, Served, audio, turn};

/// Samples per chunk: 50 ms.
const CHUNK: usize = 1_200;

/// Chunks per turn: 3 s.
const TURN_EVERY: usize = 60;

/// Chunk after which it violates the protocol, once per chunk.
const WRONG_FROM: usize = 130;

/// Number of different violations.
const WRONGS: usize = 11;

/// Chunk at which it ends the session, or disconnects without a message every second time.
const END_AT: usize = 160;

/// Timeout for a message of the server.
const PATIENCE: Duration = Duration::from_secs(3);

/// The state of the client between connections.
pub(super) struct Model {
    session: Value,
    tick: Interval,
    connections: usize,
    /// Session id and token of a lost session.
    lost: Option<(Value, String)>,
}

/// One connection of the client.
struct Connection {
    client: Client,
    number: usize,
    is_ready: bool,
    chunks: usize,
    calls: Vec<Value>,
    in_reply: bool,
    heard_at: Instant,
}

/// A message that a client should not send.
fn wrong(number: usize) -> Value {
    let update = |session: Value| json!({"type": "session.update", "session": session});
    let turns = |turns: Value| update(json!({"input": {"turn_detection": turns}}));
    let format = |rate: u32| {
        let format = json!({"encoding": "audio/pcm", "sample_rate": rate});
        update(json!({"input": {"format": format}}))
    };
    match number % WRONGS {
        0 => update(json!({"output": {"voice": "eve"}})),
        1 => turns(json!({"min_silence": 500})),
        2 => turns(json!({"max_silence": 600})),
        3 => turns(json!({"vad_threshold": 7})),
        4 | 5 => format(24_000),
        6 => format(16_000),
        7 => json!({"type": "conversation.message", "role": "user", "content": "x"}),
        8 => json!({"type": "reply.create"}),
        9 => json!({"type": "reply.cancel", "reply_id": "resp_none"}),
        _ => audio(&[0; 48_000]),
    }
}

impl Model {
    pub(super) fn new(agent: Option<&str>) -> Self {
        let tools = json!([
            {"type": "function", "name": "book_table"},
            {"type": "function", "name": "look_up", "execution_mode": "hold"},
        ]);
        let inline = json!({"system_prompt": "p", "greeting": "Hello", "tools": tools});
        Self {
            session: agent.map_or(inline, |id| json!({ "agent_id": id })),
            tick: interval(Duration::from_millis(50)),
            connections: 0,
            lost: None,
        }
    }

    /// Connects, talks and reconnects until `is_done`, for at most a minute.
    pub(super) async fn calls(&mut self, served: &Served, is_done: impl Fn() -> bool) {
        let calling = async {
            while !is_done() {
                self.call(served, &is_done).await;
            }
        };
        timeout(Duration::from_secs(60), calling).await.ok();
    }

    /// Runs one connection.
    async fn call(&mut self, served: &Served, is_done: &impl Fn() -> bool) {
        let (token, first) = match self.lost.take() {
            Some((id, token)) => (token, json!({"type": "session.resume", "session_id": id})),
            None => (
                "key".to_owned(),
                json!({"type": "session.update", "session": self.session}),
            ),
        };
        let bearer = format!("Bearer {token}");
        let Ok(client) = served.try_connect("", &bearer).await else {
            self.tick.tick().await;
            return;
        };
        self.connections += 1;
        let mut connection = Connection {
            client,
            number: self.connections,
            is_ready: false,
            chunks: 0,
            calls: Vec::new(),
            in_reply: false,
            heard_at: Instant::now(),
        };
        if connection.client.try_send(first).await.is_err() {
            return;
        }
        while !is_done() && connection.heard_at.elapsed() < PATIENCE {
            let went = tokio::select! {
                message = connection.client.next() => match message {
                    Ok(message) => self.on_message(&mut connection, &message).await,
                    Err(_) => break,
                },
                _ = self.tick.tick() => connection.on_tick().await,
            };
            if went.is_none() {
                break;
            }
        }
    }

    /// Returns `None` once the connection is over.
    async fn on_message(&mut self, connection: &mut Connection, message: &Value) -> Option<()> {
        connection.heard_at = Instant::now();
        match message["type"].as_str().unwrap_or_default() {
            "session.ready" => {
                connection.is_ready = true;
                let token = message["resume_token"].as_str().unwrap_or_default();
                let id = message["session_id"].clone();
                self.lost = (!token.is_empty()).then(|| (id, token.to_owned()));
            }
            "session.ended" => self.lost = None,
            "reply.started" => connection.in_reply = true,
            "reply.done" => {
                connection.in_reply = false;
                return connection.answer().await;
            }
            "tool.call" => {
                connection.calls.push(message["call_id"].clone());
                if !connection.in_reply {
                    return connection.answer().await;
                }
            }
            _ => {}
        }
        Some(())
    }
}

impl Connection {
    /// Sends the next chunk of audio, and anything else that is due.
    async fn on_tick(&mut self) -> Option<()> {
        if !self.is_ready {
            return Some(());
        }
        self.chunks += 1;
        let at = self.chunks % TURN_EVERY * CHUNK;
        let samples = turn();
        let piece = samples.get(at..at + CHUNK).unwrap_or(&[0; CHUNK]);
        self.client.try_send(audio(piece)).await.ok()?;
        if let Some(number) = self
            .chunks
            .checked_sub(WRONG_FROM)
            .filter(|it| *it < WRONGS)
        {
            let message = wrong(number + self.number);
            self.client.try_send(message).await.ok()?;
        }
        // Answers pending tool calls every turn, even without a `reply.done`.
        if self.chunks.is_multiple_of(TURN_EVERY) {
            self.answer().await?;
        }
        if self.chunks == END_AT {
            if self.number.is_multiple_of(2) {
                return None;
            }
            let end = json!({"type": "session.end"});
            self.client.try_send(end).await.ok()?;
        }
        Some(())
    }

    async fn answer(&mut self) -> Option<()> {
        for call in std::mem::take(&mut self.calls) {
            let result = json!({"type": "tool.result", "call_id": call, "result": "{}"});
            self.client.try_send(result).await.ok()?;
        }
        Some(())
    }
}
