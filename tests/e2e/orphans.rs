//! Rooms that lost their agent with all of its worker, and the worker on a laptop.

use std::path::PathBuf;

use parlor::sim;

use super::bench::{Bench, agent_is, agent_speaks};
use super::worker::signal;

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_lost_its_agent_with_its_worker_is_taken_by_the_next() {
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
    let mut second = bench
        .daemon(&["--agent-name", "clerk", "--adopt-rooms"])
        .await;
    second
        .writes_within("a room had lost its agent", 1, super::bench::SOON * 2)
        .await;
    second.writes("voice session ready").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    caller.leave().await;
    second.terminate().await;
    assert_eq!(second.end().await.code(), Some(0), "{}", second.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_laptop_the_next_call_has_the_file_as_it_is_saved() {
    let bench = Bench::start(sim::Options::default()).await;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reloaded-agent.toml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write("prompt = \"You are the first.\"\ngreeting = \"Hello\"\n");
    let mut worker = bench.laptop(&["--agent", file.to_str().unwrap()]).await;
    let prompt = |call: usize| bench.log.asked()[call].system_prompt.reveal().clone();
    let ada = bench.caller_in("hall", "ada").await;
    agent_speaks(&mut ada.agent_state()).await;
    assert_eq!(prompt(0), "You are the first.");
    write("prompt = 7\n");
    worker.writes("the agent stays as it was").await;
    let grace = bench.caller_in("cellar", "grace").await;
    agent_speaks(&mut grace.agent_state()).await;
    assert_eq!(prompt(1), "You are the first.");
    write("prompt = \"You are the second.\"\ngreeting = \"Hello\"\n");
    worker.writes("the agent has changed").await;
    let joan = bench.caller_in("attic", "joan").await;
    agent_is(&mut joan.agent_state(), "speaking").await;
    assert_eq!(prompt(2), "You are the second.");
    // Calls are on: it ends all the same, and at once.
    worker.terminate().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    for caller in [ada, grace, joan] {
        caller.leave().await;
    }
}
