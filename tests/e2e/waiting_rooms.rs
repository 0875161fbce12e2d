//! Waiting rooms, whose callers have no agent, and the worker of `parlor dev`.

use std::path::PathBuf;

use parlor_sim as sim;

use super::bench::{Bench, SOON, agent_file, agent_is, agent_speaks};
use super::pages::{get, metric, reaches};
use super::worker::signal;

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_lost_its_agent_with_its_worker_is_taken_by_the_next_worker() {
    let bench = Bench::start(sim::Options::default()).await;
    let first = bench.daemon(&["--agent-name", "clerk"]).await;
    let caller = bench.caller_in("office", "ada").await;
    bench.dispatch("clerk", "office").await;
    agent_speaks(&mut caller.agent_state()).await;
    let cells = first.cells();
    first.kill().await;
    for cell in cells {
        signal("-KILL", cell).await;
    }
    let mut second = bench.daemon(&["--agent-name", "clerk"]).await;
    second
        .writes_within("dispatched the agent again to a waiting room", 1, SOON * 2)
        .await;
    second.writes("voice session ready").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    caller.leave().await;
    second.terminate().await;
    assert_eq!(second.end().await.code(), Some(0), "{}", second.wrote());
}

/// The worker starts after the callers have joined, so no job was offered for them.
#[tokio::test(flavor = "multi_thread")]
async fn callers_who_joined_before_the_worker_get_an_agent() {
    let bench = Bench::start(sim::Options::default()).await;
    let ada = bench.caller_in("hall", "ada").await;
    let grace = bench.caller_in("office", "grace").await;
    bench.dispatch("cook", "office").await;
    let mut daemon = bench.daemon(&[]).await;
    agent_speaks(&mut ada.agent_state()).await;
    ada.leave().await;
    daemon.writes("call ended").await;
    // The other room was created without a dispatch, so it has one for this agent too. There is no
    // cook yet.
    agent_is(&mut grace.agent_state(), "listening").await;
    let mut cook = bench.daemon(&["--agent-name", "cook"]).await;
    cook.writes("dispatched the agent again to a waiting room")
        .await;
    cook.writes("voice session ready").await;
    grace.leave().await;
    for worker in [&mut daemon, &mut cook] {
        worker.terminate().await;
        assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_leaves_its_caller_on_purpose_does_not_return() {
    let bench = Bench::start(sim::Options::default()).await;
    let file = agent_file(
        "leaves.toml",
        "[limits]\nduration = 1\ndismiss = \"nobody\"\n",
    );
    let mut daemon = bench.daemon(&["--agent", file.to_str().unwrap()]).await;
    let caller = bench.caller_in("hall", "ada").await;
    daemon.writes("call ended").await;
    daemon.writes("the agent left callers in the room").await;
    let left = bench.dispatches().list_dispatch("hall").await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    caller.leave().await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_adopt_rooms_the_server_gets_no_requests() {
    let bench = Bench::start(sim::Options::default()).await;
    let asks = "parlor_room_requests_total";
    let mut asking = bench.daemon(&["--adopt-rooms"]).await;
    let lists = "parlor_room_requests_total{request=\"list_rooms\"}";
    reaches(&asking.health(), lists, 1.0, SOON).await;
    let mut silent = bench.daemon(&["--adopt-rooms=false"]).await;
    let before = metric(&asking.health(), lists).await;
    reaches(&asking.health(), lists, before + 2.0, SOON).await;
    let (_, page) = get(&silent.health(), "/metrics").await;
    assert!(!page.contains(&format!("{asks}{{")), "{page}");
    for worker in [&mut asking, &mut silent] {
        worker.terminate().await;
        assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parlor_dev_uses_the_saved_agent_file_for_the_next_call() {
    let bench = Bench::start(sim::Options::default()).await;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reloaded-agent.toml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write("prompt = \"You are the first.\"\ngreeting = \"Hello\"\n");
    let mut worker = bench.laptop(&["--agent", file.to_str().unwrap()]).await;
    let prompt = |call: usize| {
        bench.log.session_requests()[call]
            .system_prompt
            .reveal()
            .clone()
    };
    let ada = bench.caller_in("hall", "ada").await;
    agent_speaks(&mut ada.agent_state()).await;
    assert_eq!(prompt(0), "You are the first.");
    write("prompt = 7\n");
    worker.writes("keeping the previous one").await;
    let grace = bench.caller_in("cellar", "grace").await;
    agent_speaks(&mut grace.agent_state()).await;
    assert_eq!(prompt(1), "You are the first.");
    write("prompt = \"You are the second.\"\ngreeting = \"Hello\"\n");
    worker.writes("agent file reloaded").await;
    let joan = bench.caller_in("attic", "joan").await;
    agent_is(&mut joan.agent_state(), "speaking").await;
    assert_eq!(prompt(2), "You are the second.");
    // Calls are running, but `parlor dev` ends immediately.
    worker.terminate().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    for caller in [ada, grace, joan] {
        caller.leave().await;
    }
}
