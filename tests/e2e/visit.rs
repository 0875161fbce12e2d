//! The page's way to an agent: a token, a room of its own, and somebody who answers.

use std::process::Stdio;

use parlor::config::LiveKit;
use parlor::room::Caller;
use parlor_core::private::Secret;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::bench::{SOON, agent_is};
use super::pages::get;
use super::worker::{Worker, signal};

/// What the line with the link begins with.
const LINK: &str = "talk to the agent: http://";

fn demo() -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command
        .args(["demo", "--web", "127.0.0.1:0", "--no-open"])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env_remove("ASSEMBLYAI_API_KEY")
        .stdin(Stdio::null());
    Worker::spawn(command)
}

/// Asks for a token as the page does.
async fn token(address: &str) -> (LiveKit, Secret) {
    let request = format!(
        "POST /api/token HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
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
async fn each_visitor_of_the_demo_gets_an_agent_and_ctrl_c_ends_it_all() {
    let mut demo = demo();
    demo.writes(LINK).await;
    let wrote = demo.wrote();
    let link = wrote.lines().find_map(|line| line.strip_prefix(LINK));
    let address = link.and_then(|link| link.split('/').next()).unwrap();
    let (status, page) = get(address, "/").await;
    // The page has a host of its own here, and is not at home for others.
    assert_eq!(status, 403, "{page}");
    let mut visitors = Vec::new();
    for _ in 0..2 {
        let (livekit, token) = token(address).await;
        let visitor = Caller::join(&livekit, &token).await.unwrap();
        agent_is(&mut visitor.agent_state(), "listening").await;
        visitors.push(visitor);
    }
    signal("-INT", demo.pid()).await;
    assert_eq!(demo.end().await.code(), Some(0), "{}", demo.wrote());
    let livekit = TcpStream::connect(address);
    assert!(timeout(SOON, livekit).await.unwrap().is_err());
    for visitor in visitors {
        visitor.leave().await;
    }
}
