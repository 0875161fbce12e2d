//! Plays the scenarios and prints the expected and the actual effect of each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use futures_util::{StreamExt, stream};
use parlor::demo::Server;
use parlor_common::clock;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::{Entry, Expect, Log, Scenario, clips};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::bench::{Bench, Worker};

/// Number of scenarios played concurrently.
const AT_ONCE: usize = 12;

/// Timeout for one step of a call; the worker retries a lost session for 50 s.
const STEP: Duration = Duration::from_secs(75);

/// Timeout for the answer to a turn that is not the last.
const PATIENCE: Duration = Duration::from_secs(15);

/// Duration of a tool.
const TOOL: Duration = Duration::from_millis(500);

/// Scenarios whose steps only run if a client violates the protocol, so none of them may run.
const FORBIDDEN: [&str; 10] = [
    "01-", "16-", "17-", "18-", "20-", "22-", "23-", "24a-", "24b-", "30a-",
];

/// The scenario in which the agent cannot be heard.
const MUTE: &str = "audio-none";

/// A row of the table.
struct Row {
    name: String,
    expect: Expect,
    got: Expect,
    steps: String,
    seconds: u64,
    /// Other problems.
    wrong: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_as_its_file_says() {
    let server = Arc::new(Server::start(None).await.unwrap());
    let tools = tools().await;
    let only = std::env::var("PARLOR_SCENARIO").unwrap_or_default();
    let files = files()
        .into_iter()
        .filter(|it| it.display().to_string().contains(&only));
    let files: Vec<_> = files.collect();
    let plays = files
        .into_iter()
        .map(|file| play(server.clone(), file, tools.clone()));
    let mut rows: Vec<_> = stream::iter(plays)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    println!(
        "{:<44} {:<26} {:<26} steps  s",
        "scenario", "expected", "actual"
    );
    for row in &rows {
        let (expect, got) = (row.expect.to_string(), row.got.to_string());
        println!(
            "{:<44} {expect:<26} {got:<26} {:>5} {:>3}",
            row.name, row.steps, row.seconds
        );
    }
    println!("{} scenarios", rows.len());
    let is_wrong = |row: &&Row| row.expect != row.got || !row.wrong.is_empty();
    let wrong: Vec<_> = rows.iter().filter(is_wrong).map(Row::describe).collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

impl Row {
    fn describe(&self) -> String {
        format!(
            "{}: expected {}, was {}; {}",
            self.name,
            self.expect,
            self.got,
            self.wrong.join("; ")
        )
    }
}

/// All scenario files, including those of contradictions.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let list = |folder: &Path| {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().path())
    };
    let both = list(&folder).chain(list(&folder.join("contradictions")));
    both.filter(|it| it.extension().is_some_and(|it| it == "toml"))
        .collect()
}

/// Starts a server for the agent's tools; returns the URL.
async fn tools() -> String {
    let answer = || async {
        sleep(TOOL).await;
        r#"{"booked":true}"#
    };
    let app = Router::new().route("/tool", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/tool")
}

/// The agent file that the scenarios are written for.
fn agent(name: &str, tools: &str) -> String {
    let special = match name {
        "30a-stored-agent-as-it-is" | "30b-stored-agent-changed" => {
            "agent_id = \"agent_0123456789abcdef0123456789abcdef\"\n"
        }
        _ => "",
    };
    if name == "30a-stored-agent-as-it-is" {
        return special.to_owned();
    }
    let voice = match name.starts_with("02") || name.contains("voice") {
        true => "[voice]\nname = \"alba\"\n",
        false => "",
    };
    let tool = |name: &str, more: &str| {
        format!(
            "[[tools]]\nname = \"{name}\"\ndescription = \"Does it.\"\n{more}\
             http = {{ url = \"{tools}\", allow_private = true }}\n"
        )
    };
    format!(
        "{special}prompt = \"You are a clerk.\"\ngreeting = \"Hello\"\n{voice}{}{}",
        tool("book_table", ""),
        tool("look_up", "hold = true\n"),
    )
}

async fn play(server: Arc<Server>, file: PathBuf, tools: String) -> Row {
    let began = clock::now();
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let scenario = Scenario::read(&file).unwrap();
    let (expect, steps) = (scenario.expect().unwrap().clone(), scenario.steps());
    let agent_file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("matrix-{name}.toml"));
    std::fs::write(&agent_file, agent(&name, &tools)).unwrap();
    let bench = Bench::beside(
        &server,
        sim::Options {
            reply: sim::Reply::Script,
            scenarios: vec![scenario],
            ..sim::Options::default()
        },
    )
    .await;
    let flags = ["--agent", agent_file.to_str().unwrap()];
    let mut worker = bench.worker_in(&name, &flags);
    let caller = bench.caller_in(&name, "ada").await;
    let is_answered = call(caller, &mut worker, &name).await || name == MUTE;
    let code = worker.end().await.code();
    let acted = (0..steps).filter(|step| bench.log.count(&Entry::Acted(*step)) > 0);
    let acted = acted.count();
    let got = became(&worker, &bench.log);
    let mut wrong = bench.log.violations();
    let goes_on = matches!(got, Expect::Lives | Expect::Resumed | Expect::Replaced);
    if goes_on && !is_answered {
        wrong.push("the second turn was not answered".to_owned());
    }
    if goes_on && code != Some(0) {
        wrong.push(format!("exit code {code:?}"));
    }
    let is_forbidden = FORBIDDEN.iter().any(|it| name.starts_with(it));
    if acted < steps && !is_forbidden || acted > 0 && is_forbidden {
        wrong.push(format!("{acted} of {steps} steps ran"));
    }
    if got == Expect::Replaced
        && bench
            .log
            .session_requests()
            .last()
            .is_some_and(|it| it.has_greeting)
    {
        wrong.push("greeted twice".to_owned());
    }
    if worker.wrote().contains("panicked") {
        wrong.push("the worker panicked".to_owned());
    }
    Row {
        name,
        expect,
        got,
        steps: format!("{acted}/{steps}"),
        seconds: began.elapsed().as_secs(),
        wrong,
    }
}

/// Makes the call that the scenarios are written for, in some with speech during the greeting.
/// Returns whether the second turn was answered.
async fn call(mut caller: Caller, worker: &mut Worker, scenario: &str) -> bool {
    let mut state = caller.agent_state();
    let says_uh_huh = scenario.starts_with("05");
    let last = if scenario == MUTE { PATIENCE } else { STEP };
    if says_uh_huh && state.wait_for(|it| it == "speaking").await.is_ok() {
        let samples = clips::find("caller-stop").unwrap().samples();
        caller.say(&samples).await.ok();
    }
    let mut is_answered = speaks(&mut state, worker, PATIENCE).await;
    listens(&mut state, worker).await;
    for (clip, within) in [("caller-table", PATIENCE), ("caller-hours", last)] {
        if worker.has_ended() {
            break;
        }
        let samples = clips::find(clip).unwrap().samples();
        // This fails if the room is gone; then the worker has ended, too.
        caller.say(&samples).await.ok();
        is_answered = speaks(&mut state, worker, within).await;
        listens(&mut state, worker).await;
    }
    caller.leave().await;
    is_answered
}

/// Waits until the agent listens, which it does not while its session is lost.
async fn listens(state: &mut watch::Receiver<String>, worker: &mut Worker) {
    let listening = timeout(STEP, state.wait_for(|it| it == "listening"));
    tokio::select! {
        _ = listening => {}
        () = worker.ended() => {}
    }
}

/// Waits until the agent has finished speaking or the worker has ended; returns whether the agent
/// has spoken.
async fn speaks(
    state: &mut watch::Receiver<String>,
    worker: &mut Worker,
    within: Duration,
) -> bool {
    let speaking = async {
        state.wait_for(|it| it == "speaking").await.ok()?;
        state.wait_for(|it| it == "listening").await.ok().map(drop)
    };
    tokio::select! {
        spoken = timeout(within, speaking) => spoken.is_ok_and(|it| it.is_some()),
        () = worker.ended() => false,
    }
}

/// The effect on the call, from the logs of both sides.
fn became(worker: &Worker, log: &Log) -> Expect {
    let lines = worker.lines();
    let said = |message: &str, field: &str| -> Vec<String> {
        let of = lines.iter().filter(|line| line["message"] == message);
        of.filter_map(|line| line[field].as_str().map(str::to_owned))
            .collect()
    };
    let outcome = said("call ended", "outcome").pop().unwrap_or_default();
    let ready = lines
        .iter()
        .filter(|it| it["message"] == "voice session ready");
    let begun = ready.count().saturating_sub(log.count(&Entry::Resumed));
    let is_busy = [
        "at_capacity",
        "concurrency_exceeded",
        "HTTP 429",
        "HTTP 503",
    ]
    .iter()
    .any(|code| worker.said().join("\n").contains(code));
    match outcome.as_str() {
        "agent_rejected" | "agent_lost" if begun == 0 && is_busy => Expect::Busy,
        "agent_rejected" | "agent_lost" if begun == 0 => Expect::Refused,
        "caller_left" if begun > 1 => Expect::Replaced,
        "caller_left" if log.count(&Entry::Resumed) > 0 => Expect::Resumed,
        "caller_left" => Expect::Lives,
        other => Expect::Ended(other.to_owned()),
    }
}
