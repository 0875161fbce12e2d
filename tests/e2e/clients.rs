//! LiveKit's SDKs for other languages talk to the agent. Two small programs (`tests/e2e/clients/`)
//! behave identically: they join, read one command per line and print one event per line, both as
//! JSON. They leave at the end of the input.
//!
//! | Command | What it does |
//! |---|---|
//! | `{"say": path}` | speaks a WAV file: mono, 24 kHz, 16 bits |
//! | `{"write": text}` | sends a text stream on `lk.chat` |
//! | `{"ask": base64}` | sends a byte stream on `lk.agent.session` |
//! | `{"call": method, "payload": text}` | calls an RPC method of the agent |
//!
//! | Event | When |
//! |---|---|
//! | `joined` | the microphone is published |
//! | `state` | the state of the agent changed |
//! | `said` | a text stream with a caption ended |
//! | `told` | a byte stream on `lk.agent.session` ended |
//! | `broken` | one of these streams broke off, as some do when the client leaves |
//! | `asked` | the agent called the RPC method `lookup_order`, and was answered |
//! | `answered`, `refused` | the agent answered or refused an RPC call |

use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use livekit_protocol::agent::agent_session_message::Message;
use livekit_protocol::agent::session_request::{Ping, Request};
use livekit_protocol::agent::session_response::Response;
use livekit_protocol::agent::{AgentSessionMessage, SessionRequest};
use parlor_sim::clips;
use prost::Message as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::bench::{Bench, GREETING, ROOM, SOON, agent_file, answers, calling};

/// Folder of the crate, which contains the programs and their libraries.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// LiveKit's RPC error code for errors of the application.
const REFUSED: u32 = 1_500;

/// A client process; killed on drop.
struct Client {
    child: Child,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// All events that it printed, oldest first.
    seen: Vec<Value>,
}

fn python() -> Command {
    let libraries = Path::new(HERE).join("target/tools/clients/python");
    assert!(libraries.exists(), "run scripts/setup.sh test");
    let mut command = Command::new("python3");
    command
        .arg(Path::new(HERE).join("tests/e2e/clients/client.py"))
        .env("PYTHONPATH", libraries);
    command
}

fn node() -> Command {
    let libraries = Path::new(HERE).join("target/tools/clients/node");
    assert!(libraries.exists(), "run scripts/setup.sh test");
    let mut command = Command::new("node");
    command
        .arg(Path::new(HERE).join("tests/e2e/clients/client.mjs"))
        .arg(libraries);
    command
}

impl Client {
    /// Joins the room with this identity.
    async fn join(mut program: Command, bench: &Bench, identity: &str) -> Self {
        let mut child = program
            .env("LIVEKIT_URL", &bench.livekit.url)
            .env("LIVEKIT_TOKEN", bench.token(ROOM, identity).reveal())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut client = Self {
            commands: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            seen: Vec::new(),
        };
        client.sees("joined", |_| true).await;
        client
    }

    async fn does(&mut self, command: Value) {
        let line = format!("{command}\n");
        self.commands.write_all(line.as_bytes()).await.unwrap();
    }

    /// Waits for an event of this kind for which `is_it` returns true; earlier events count.
    async fn sees(&mut self, event: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut from = 0;
        loop {
            let new = self.seen[from..].iter();
            if let Some(it) = new.filter(|it| it["event"] == event).find(|it| is_it(it)) {
                return it.clone();
            }
            from = self.seen.len();
            let line = timeout(SOON, self.lines.next_line()).await;
            let line =
                line.unwrap_or_else(|_| panic!("no expected {event:?} event: {:#?}", self.seen));
            let line = line.unwrap().expect("the client runs");
            self.seen.push(serde_json::from_str(&line).expect(&line));
        }
    }

    /// Waits for a caption with these words from a speaker for whom `is_by` returns true.
    async fn reads(&mut self, words: &str, is_by: impl Fn(&str) -> bool) -> Value {
        let is_it = |it: &Value| it["text"] == words && is_by(it["by"].as_str().unwrap());
        self.sees("said", is_it).await
    }

    /// States of the agent so far.
    fn states(&self) -> Vec<&str> {
        let states = self.seen.iter().filter(|it| it["event"] == "state");
        states.map(|it| it["state"].as_str().unwrap()).collect()
    }

    /// Closes the input; the client leaves and exits.
    async fn leave(mut self) {
        let broken = self.seen.iter().find(|it| it["event"] == "broken");
        assert_eq!(broken, None);
        drop(self.commands);
        let ended = timeout(SOON, self.child.wait()).await;
        assert_eq!(ended.expect("it leaves").unwrap().code(), Some(0));
    }
}

fn words(clip: &str) -> &'static str {
    clips::find(clip).unwrap().words
}

fn ping(id: &str) -> String {
    let request = SessionRequest {
        request_id: id.to_owned(),
        request: Some(Request::Ping(Ping {})),
    };
    let message = Some(Message::Request(request));
    BASE64.encode(AgentSessionMessage { message }.encode_to_vec())
}

/// Whether the agent's message is the answer to the ping with this ID.
fn is_pong(message: &Value, id: &str) -> bool {
    let bytes = BASE64.decode(message["bytes"].as_str().unwrap()).unwrap();
    match AgentSessionMessage::decode(&*bytes).unwrap().message {
        Some(Message::Response(it)) if it.request_id == id => {
            assert!(matches!(it.response, Some(Response::Pong(_))), "{it:?}");
            true
        }
        _ => false,
    }
}

/// An agent that asks the caller's app about orders.
fn agent(name: &str) -> PathBuf {
    let greeting = words(GREETING);
    let text = format!(
        "greeting = \"{greeting}\"\n\
         [[tools]]\nname = \"lookup_order\"\ndescription = \"Finds an order.\"\n\
         rpc = {{ method = \"lookup_order\" }}\n"
    );
    agent_file(&format!("client-{name}.toml"), &text)
}

/// A call with a client as the caller. `ends` is whether its SDK exposes the attributes in the
/// trailer of a text stream, which mark the agent's words as final.
async fn talks(name: &str, program: Command, ends: bool) {
    let bench = Bench::start(calling(&[r#"table=lookup_order:{"order":7}"#])).await;
    let mut worker = bench.worker_with(&["--agent", agent(name).to_str().unwrap()], &[]);
    let mut client = Client::join(program, &bench, "ada").await;

    let greeting = client.reads(words(GREETING), |it| it != "ada").await;
    assert_eq!(greeting["final"], ends, "{greeting}");
    let agent = greeting["by"].as_str().unwrap();

    let clip = Path::new(HERE).join("crates/sim/src/clips/caller-table.wav");
    client.does(json!({ "say": clip })).await;
    let is_final = |it: &Value| it["by"] == "ada" && it["final"] == true;
    let turn = client.sees("said", is_final).await;
    assert_eq!(turn["text"], words("caller-table"));
    let asked = client.sees("asked", |_| true).await;
    let call = json!({ "event": "asked", "by": agent, "method": "lookup_order", "payload": r#"{"order":7}"# });
    assert_eq!(asked, call);
    client.reads(words("answer-table"), |it| it == agent).await;
    assert_eq!(answers(&bench), [r#"shipped: {"order":7}"#]);

    client.does(json!({ "write": words("caller-hours") })).await;
    client.reads(words("answer-hours"), |it| it == agent).await;

    let command = json!({ "call": "parlor.hand_over", "payload": r#"{"to":"nobody"}"# });
    client.does(command).await;
    let refused = client.sees("refused", |_| true).await;
    let why = "there is no caller with this identity in the room";
    assert_eq!(
        refused,
        json!({ "event": "refused", "code": REFUSED, "why": why })
    );

    client.does(json!({ "ask": ping(name) })).await;
    client.sees("told", |it| is_pong(it, name)).await;

    let turn = ["speaking", "listening"];
    let states = client.states();
    assert!(states.windows(2).any(|it| it == turn), "{states:?}");
    client.leave().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_talks_to_the_agent() {
    talks("python", python(), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_talks_to_the_agent() {
    // It exposes the attributes in the header of a stream, but not those in the trailer.
    talks("node", node(), false).await;
}
