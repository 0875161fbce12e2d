//! A third-party MCP server, `server-everything`, over pipes and over HTTP.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use parlor_common::settings::Source;
use parlor_common::{clock, random};
use parlor_tools::mcp::{McpSpec, McpTool, Servers};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

/// Longer than Node.js takes to start on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);

/// Number of calls that are measured.
const CALLS: usize = 200;

/// Node.js module that makes the server listen on the loopback interface instead of on all of them.
const LOOPBACK: &str = "data:text/javascript,import net from 'node:net';\
    const { listen } = net.Server.prototype;\
    net.Server.prototype.listen = function (port, ...rest) {\
        return listen.call(this, port, '127.0.0.1', ...rest);\
    };";

/// Path of the server, which `scripts/setup.sh test` installs.
fn everything() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/tools/mcp/node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    );
    let is_there = std::path::Path::new(path).exists();
    assert!(
        is_there,
        "the MCP server is not installed: run scripts/setup.sh test"
    );
    path.to_owned()
}

fn start(spec: Value, variables: &[(&str, &str)]) -> Servers {
    let spec: McpSpec = serde_json::from_value(spec).unwrap();
    let path = std::env::var("PATH").unwrap();
    let source = variables.iter().copied().chain([("PATH", &*path)]);
    Servers::start(&[spec], &source.collect::<Source>()).unwrap()
}

/// Waits until a tool is offered, or is not offered anymore.
async fn offered(servers: &Servers, name: &str, is_offered: bool) {
    let mut tools = servers.tools();
    let same = |tools: &Arc<[McpTool]>| tools.iter().any(|tool| tool.name == name) == is_offered;
    let waited = timeout(WITHIN, tools.wait_for(same)).await;
    assert!(waited.is_ok(), "{name}: {:?}", servers.tools().borrow());
}

async fn call(servers: &Servers, tool: &str, args: Value) -> (String, bool) {
    let Value::Object(args) = args else {
        unreachable!("arguments are an object")
    };
    let deadline = Instant::from_std(clock::now()) + WITHIN;
    let answer = servers.call(tool, args, deadline).await;
    (answer.text.into_inner(), answer.is_error)
}

/// Asserts what both transports must do, and prints how long it takes.
async fn exercise(servers: &Servers, over: &str) {
    let before = clock::now();
    servers.ready(WITHIN).await.unwrap();
    let connected = before.elapsed();
    offered(servers, "get-sum", true).await;
    let sum = servers
        .tools()
        .borrow()
        .iter()
        .find(|it| it.name == "get-sum")
        .cloned()
        .unwrap();
    assert_eq!((sum.read_only, sum.idempotent), (Some(true), Some(true)));
    assert!(
        sum.input_schema["properties"]["a"].is_object()
            && !sum.input_schema.contains_key("$schema")
    );
    let (text, is_error) = call(servers, "get-sum", json!({"a": 2, "b": 40})).await;
    assert_eq!((&*text, is_error), ("The sum of 2 and 40 is 42.", false));
    let (text, is_error) = call(servers, "get-sum", json!({"a": "two"})).await;
    assert!(is_error && !text.is_empty(), "{text}");
    let (text, _) = call(servers, "get-tiny-image", json!({})).await;
    assert!(text.contains("[image]"), "{text}");
    let (text, _) = call(
        servers,
        "get-structured-content",
        json!({"location": "Chicago"}),
    )
    .await;
    assert!(
        serde_json::from_str::<Map<String, Value>>(&text).is_ok(),
        "{text}"
    );
    let mut took = Vec::with_capacity(CALLS);
    for at in 0..CALLS {
        let before = clock::now();
        let (text, is_error) = call(servers, "echo", json!({"message": at.to_string()})).await;
        took.push(before.elapsed());
        assert_eq!((text, is_error), (format!("Echo: {at}"), false));
    }
    took.sort();
    let ms = |took: Duration| took.as_secs_f64() * 1e3;
    println!(
        "MCP over {over}: connected in {:.0} ms; a call takes {:.2} ms (p50), {:.2} ms (p99)",
        ms(connected),
        ms(took[CALLS / 2]),
        ms(took[CALLS * 99 / 100])
    );
}

/// Asserts that a long call ends at its deadline, and that the server still works.
async fn gives_up(servers: &Servers) {
    let Value::Object(args) = json!({"duration": 30, "steps": 3}) else {
        unreachable!("an object")
    };
    let before = clock::now();
    let deadline = Instant::from_std(before) + Duration::from_secs(1);
    let answer = servers
        .call("trigger-long-running-operation", args, deadline)
        .await;
    assert!(answer.is_error && answer.text.reveal().contains("in time"));
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
    let (text, _) = call(servers, "echo", json!({"message": "on"})).await;
    assert_eq!(text, "Echo: on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_server_works_over_pipes() {
    let file = std::env::temp_dir().join(random::random("parlor-mcp"));
    let script = "echo $$ > \"$PIDFILE\"; exec node \"$0\" stdio";
    let spec = json!({
        "name": "everything",
        "command": "sh",
        "args": ["-c", script, everything()],
        "env": {"PIDFILE": "OUR_PIDFILE"},
        "required": true,
    });
    let variables = [
        ("OUR_PIDFILE", file.to_str().unwrap()),
        ("SECRET", "hunter2"),
    ];
    let servers = start(spec, &variables);
    exercise(&servers, "pipes").await;
    let (environment, _) = call(&servers, "get-env", json!({})).await;
    assert!(
        environment.contains("PIDFILE") && !environment.contains("hunter2"),
        "{environment}"
    );
    assert!(!environment.contains("CARGO"), "{environment}");
    gives_up(&servers).await;

    let first = pid(&file);
    let killed = Command::new("kill").args(["-KILL", &first]).status().await;
    assert!(killed.unwrap().success());
    offered(&servers, "echo", false).await;
    let before = clock::now();
    offered(&servers, "echo", true).await;
    println!(
        "MCP over pipes: back {:.0} ms after a kill",
        before.elapsed().as_secs_f64() * 1e3
    );
    let (text, _) = call(&servers, "echo", json!({"message": "again"})).await;
    assert_eq!(text, "Echo: again");
    let second = pid(&file);
    assert_ne!(first, second);
    servers.shutdown().await;
    assert!(!PathBuf::from(format!("/proc/{second}")).exists());
    std::fs::remove_file(file).unwrap();
}

fn pid(file: &PathBuf) -> String {
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_server_works_over_http() {
    let (mut node, port) = listening().await;
    let spec = json!({
        "name": "everything",
        "url": format!("http://127.0.0.1:{port}/mcp"),
        "headers": {"Authorization": "Bearer ${TOKEN}"},
        "required": true,
        "tools": ["echo", "get-*", "trigger-long-*"],
    });
    let servers = start(spec, &[("TOKEN", "hunter2")]);
    exercise(&servers, "HTTP").await;
    let tools = servers.tools();
    assert!(
        tools
            .borrow()
            .iter()
            .all(|tool| !tool.name.starts_with("toggle-"))
    );
    gives_up(&servers).await;

    node.kill().await.unwrap();
    let (text, is_error) = call(&servers, "echo", json!({"message": "?"})).await;
    assert!(is_error && text.contains("everything"), "{text}");
    offered(&servers, "echo", false).await;
    let mut node = everything_on(port).await;
    offered(&servers, "echo", true).await;
    let (text, _) = call(&servers, "echo", json!({"message": "again"})).await;
    assert_eq!(text, "Echo: again");
    servers.shutdown().await;
    node.kill().await.unwrap();
}

/// Starts the server on a free port below the range of outgoing connections.
async fn listening() -> (Child, u16) {
    let any = random::number() % 10_000;
    let mut ports = (20_000..32_000).cycle().skip(any as usize);
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = ports.find(is_free).unwrap();
    (everything_on(port).await, port)
}

async fn everything_on(port: u16) -> Child {
    let mut node = Command::new("node")
        .args(["--import", LOOPBACK, &everything(), "streamableHttp"])
        .env("PORT", port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stderr.take().unwrap()).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("listening on port") {
                return;
            }
        }
        unreachable!("the server ended");
    };
    timeout(WITHIN, listening).await.unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    node
}
