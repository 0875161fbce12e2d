//! Servers that connect, disconnect and hang, with the clock paused.

mod calls;
mod odd;
mod peer;

use std::time::Duration;

use serde_json::json;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use peer::{Peer, ToPeer};

/// Timeout of whatever a test waits for.
const LONG: Duration = Duration::from_secs(300);

/// One server with its supervisor, and the connections to it.
struct Kept {
    servers: Servers,
    connections: mpsc::Receiver<DuplexStream>,
}

fn kept(toml: &str) -> Kept {
    let spec: McpSpec =
        toml::from_str(&format!("name = \"peer\"\ncommand = \"-\"\n{toml}")).unwrap();
    assert_eq!(spec.problems(), [""; 0]);
    let (sender, connections) = mpsc::channel(1);
    let mut servers = Servers::of(std::slice::from_ref(&spec));
    servers.supervise(0, &spec, ToPeer(sender));
    Kept {
        servers,
        connections,
    }
}

impl Kept {
    async fn accept(&mut self, tools: Value) -> Peer {
        let accepting = Peer::accept(&mut self.connections, tools);
        timeout(LONG, accepting).await.unwrap()
    }

    /// Waits until exactly these tools are offered.
    async fn offers(&self, names: &[&str]) {
        let mut tools = self.servers.tools();
        let same =
            |tools: &Arc<[McpTool]>| tools.iter().map(|it| &*it.name).eq(names.iter().copied());
        let offered = timeout(LONG, tools.wait_for(same)).await;
        assert!(offered.is_ok(), "{:?}", self.servers.tools().borrow());
    }

    /// Calls `find`, for at most 60 s.
    async fn find(&self) -> (String, bool) {
        let args = Map::from_iter([("what".to_owned(), json!("soup"))]);
        let answer = self.servers.call("find", args, soon(60)).await;
        (answer.text.into_inner(), answer.is_error)
    }
}

fn soon(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

fn tools(names: &[&str]) -> Value {
    let tool = |name: &&str| json!({"name": name, "inputSchema": {"type": "object"}});
    names.iter().map(tool).collect()
}

#[tokio::test(start_paused = true)]
async fn changes_of_the_list_are_debounced() {
    let mut kept = kept("tools = [\"f*\"]");
    let mut peer = kept.accept(tools(&["find", "buy"])).await;
    kept.offers(&["find"]).await;
    for _ in 0..3 {
        peer.notify("notifications/tools/list_changed").await;
    }
    peer.lists(tools(&["fetch", "find", "sell"])).await;
    kept.offers(&["fetch", "find"]).await;
    // Without debouncing, the client would request the list again before this ping.
    let ping = peer.expect("ping").await;
    peer.answer(&ping, json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_server_is_withdrawn_and_comes_back() {
    let mut kept = kept("");
    let peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    drop(peer);
    kept.offers(&[]).await;
    let before = Instant::now();
    let (text, is_error) = kept.find().await;
    assert!(
        is_error && text.contains("peer cannot be reached"),
        "{text}"
    );
    assert_eq!(before.elapsed(), Duration::ZERO);
    let _peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    assert!(
        before.elapsed() <= Duration::from_millis(500),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_detected() {
    let mut kept = kept("");
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let before = Instant::now();
    peer.expect("ping").await;
    assert_eq!(before.elapsed().as_secs(), 30);
    kept.offers(&[]).await;
    assert_eq!(before.elapsed().as_secs(), 40);
    peer.hung_up().await;
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let ping = peer.expect("ping").await;
    peer.refuse(&ping, "what is a ping?").await;
    let ping = peer.expect("ping").await;
    peer.answer(&ping, json!({})).await;
    kept.offers(&["find"]).await;
}

#[tokio::test(start_paused = true)]
async fn the_number_of_pages_is_limited() {
    let mut kept = kept("");
    let mut peer = kept.accept(json!([])).await;
    kept.offers(&[]).await;
    peer.notify("notifications/tools/list_changed").await;
    let names: Vec<_> = (0..150).map(|at| format!("tool_{at}")).collect();
    for (at, page) in names.chunks(50).enumerate() {
        let asked = peer.expect("tools/list").await;
        let cursor = (at > 0).then(|| json!(format!("page {at}")));
        assert_eq!(asked["params"].get("cursor"), cursor.as_ref());
        let page: Vec<_> = page.iter().map(String::as_str).collect();
        let next = format!("page {}", at + 1);
        peer.answer(&asked, json!({"tools": tools(&page), "nextCursor": next}))
            .await;
    }
    let first: Vec<_> = names[..128].iter().map(String::as_str).collect();
    kept.offers(&first).await;
    peer.notify("notifications/tools/list_changed").await;
    for _ in 0..129 {
        let asked = peer.expect("tools/list").await;
        peer.answer(&asked, json!({"tools": [], "nextCursor": "again"}))
            .await;
    }
    peer.hung_up().await;
    kept.offers(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn required_servers_are_waited_for() {
    let mut kept = kept("required = true");
    let timeout = Duration::from_secs(5);
    let mute = Peer::mute(&mut kept.connections).await;
    let why = kept.servers.ready(timeout).await.unwrap_err();
    assert_eq!(
        why,
        ["mcp \"peer\" is required but not available: it did not answer in time"]
    );
    let why = kept.servers.ready(timeout * 2).await.unwrap_err();
    assert_eq!(
        why,
        ["mcp \"peer\" is required but not available: no answer within 10 s"]
    );
    drop(mute);
    let (peer, ready) = tokio::join!(
        Peer::accept(&mut kept.connections, json!([])),
        kept.servers.ready(LONG)
    );
    assert_eq!(ready, Ok(()));
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn attempts_to_reconnect_get_rarer_but_never_end() {
    let mut kept = kept("");
    let mut waits = Vec::new();
    let mut last = Instant::now();
    for _ in 0..12 {
        let connection = kept.connections.recv().await.unwrap();
        waits.push((last.elapsed().as_secs_f64() * 2.0).round() / 2.0);
        last = Instant::now();
        drop(connection);
    }
    assert!(waits[1] <= 0.5 && waits[..8].is_sorted(), "{waits:?}");
    assert!(
        waits[8..].iter().all(|wait| (22.0..=30.5).contains(wait)),
        "{waits:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn shutdown_leaves_nothing_behind() {
    let mut kept = kept("");
    let mut peer = kept.accept(tools(&["find"])).await;
    kept.offers(&["find"]).await;
    let tools = kept.servers.tools();
    let mcp = kept.servers.mcp();
    let (_, ()) = tokio::join!(kept.servers.shutdown(), peer.hung_up());
    assert!(tools.borrow().is_empty());
    let answer = mcp.call("find", Map::new(), soon(1)).await;
    assert!(answer.is_error, "{answer:?}");
}

#[tokio::test]
async fn all_problems_are_reported_together() {
    let specs = [
        "name = \"a\"\ncommand = \"x\"\nenv = { A = \"A_TOKEN\", B = \"SET\" }",
        "name = \"a\"\nurl = \"http://x\"\nheaders = { X = \"$C ${SET} $D\" }",
        "name = \"b\"\ntimeout = 0",
    ];
    let specs = specs.map(|toml| toml::from_str(toml).unwrap());
    let source = Source::from_iter([("SET", "hunter2")]);
    let wrong = Servers::start(&specs, &source).unwrap_err();
    let expected = [
        "mcp \"a\": another server has this name",
        "mcp \"a\": A_TOKEN is not set",
        "mcp \"a\": C is not set",
        "mcp \"a\": D is not set",
        "mcp \"b\": exactly one of command and url is required",
        "mcp \"b\": timeout must be 1 to 115 seconds",
    ];
    assert_eq!(wrong, expected);
}
