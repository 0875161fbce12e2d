//! How the web page of the demo gets an agent: a token, a room of its own, and a dispatch.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::room::Caller;
use parlor_livekit::token::{AgentDispatch, RoomIdentity, VisitorGrant, mint_visitor};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::bench::{SOON, agent_is};
use super::pages::get;
use super::worker::{Worker, signal};

/// Start of the line with the link.
const LINK: &str = "talk to the agent: http://";

fn demo(flags: &[&str]) -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command
        .args(["demo", "--web", "127.0.0.1:0", "--no-open"])
        .args(flags)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("PARLOR_LOG", "info")
        .env_remove("ASSEMBLYAI_API_KEY")
        .stdin(Stdio::null());
    Worker::spawn(command)
}

/// Waits for the page; returns its address.
async fn address(demo: &Worker) -> String {
    demo.writes(LINK).await;
    let wrote = demo.wrote();
    let link = wrote.lines().find_map(|line| line.strip_prefix(LINK));
    let address = link.and_then(|link| link.split('/').next());
    address.unwrap().to_owned()
}

/// Requests a token as the page does.
async fn token(address: &str, body: &Value) -> (LiveKit, Secret) {
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST /api/token HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let field = |name: &str| body[name].as_str().unwrap().to_owned();
    let livekit = LiveKit {
        url: field("server_url"),
        api_key: String::new(),
        api_secret: Secret::default(),
        ..LiveKit::default()
    };
    (livekit, Secret::new(field("participant_token")))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_visitor_of_the_demo_gets_an_agent_and_ctrl_c_ends_everything() {
    let mut demo = demo(&[]);
    let address = address(&demo).await;
    let (status, page) = get(&address, "/").await;
    // The page is served for its own host name only.
    assert_eq!(status, 403, "{page}");
    let mut visitors = Vec::new();
    for _ in 0..2 {
        let (livekit, token) = token(&address, &json!({})).await;
        let visitor = Caller::join(&livekit, &token).await.unwrap();
        agent_is(&mut visitor.agent_state(), "listening").await;
        visitors.push(visitor);
    }
    signal("-INT", demo.pid()).await;
    assert_eq!(demo.end().await.code(), Some(0), "{}", demo.wrote());
    let livekit = TcpStream::connect(&address);
    assert!(timeout(SOON, livekit).await.unwrap().is_err());
    for visitor in visitors {
        visitor.leave().await;
    }
}

/// A token with the key of the demo server, for a room whose agent is dispatched with this
/// metadata.
fn dispatched(livekit: &LiveKit, room: &str, metadata: &Value) -> Secret {
    let livekit = LiveKit {
        api_key: "demo".to_owned(),
        api_secret: Secret::new("a key that opens loopback alone, no other"),
        ..livekit.clone()
    };
    let grant = VisitorGrant {
        room_identity: RoomIdentity {
            room: room.to_owned(),
            identity: "ada".to_owned(),
        },
        name: String::new(),
        metadata: String::new(),
        attributes: HashMap::new(),
        agent: Some(AgentDispatch {
            name: String::new(),
            metadata: metadata.to_string(),
        }),
        manages: false,
        valid: SOON,
    };
    mint_visitor(&livekit, grant).unwrap()
}

/// Voices of the sessions that were opened, in order.
fn opened(demo: &Worker) -> Vec<Value> {
    let lines = demo.lines().into_iter();
    let opened = lines.filter(|line| line["message"] == "a client opens a session");
    opened.map(|line| line["voice"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_may_choose_an_allowed_voice() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("voices.toml");
    let text = "greeting = \"Hello\"\n[voice]\nname = \"alba\"\nchoices = [\"reid\", \"vera\"]\n";
    std::fs::write(&file, text).unwrap();
    let mut demo = demo(&["--agent", file.to_str().unwrap()]);
    let address = address(&demo).await;
    let metadata = json!({"voice": "reid"}).to_string();
    let body = json!({"room_config": {"agents": [{"metadata": metadata}]}});
    let (livekit, chosen) = token(&address, &body).await;
    let tokens = [
        chosen,
        dispatched(&livekit, "refused", &json!({"voice": "the-hidden-one"})),
        dispatched(&livekit, "silent", &json!({"order": 7})),
    ];
    for token in &tokens {
        let visitor = Caller::join(&livekit, token).await.unwrap();
        agent_is(&mut visitor.agent_state(), "listening").await;
        visitor.leave().await;
    }
    signal("-INT", demo.pid()).await;
    assert_eq!(demo.end().await.code(), Some(0), "{}", demo.wrote());
    assert_eq!(opened(&demo), ["reid", "alba", "alba"], "{}", demo.wrote());
    let wrote = demo.wrote();
    let refused = wrote.matches("[voice] choices does not allow").count();
    assert_eq!(refused, 1, "{wrote}");
    assert!(!wrote.contains("the-hidden-one"), "{wrote}");
}
