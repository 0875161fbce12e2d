//! Short calls, one after another and a few at once.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock;
use parlor_sim as sim;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ALONE;
use super::bench::{Bench, SOON};
use super::pages::{metric, reaches};

/// Concurrent calls.
const AT_ONCE: usize = 8;

/// Timeout for all calls.
const WITHIN: Duration = Duration::from_secs(900);

/// Metric that counts calls that ended normally.
const ENDED: &str = "parlor_calls_total{outcome=\"success\"}";

/// Resources of a process: resident memory in kB, threads, open files.
#[derive(Debug, Clone, Copy)]
struct Size {
    memory: u64,
    threads: u64,
    files: usize,
}

fn size(pid: u32) -> Size {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let value = line.unwrap().trim().split(' ').next().unwrap();
        value.parse().unwrap()
    };
    Size {
        memory: field("VmRSS:"),
        threads: field("Threads:"),
        files: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_do_not_grow_the_worker() {
    leave_the_daemon_as_it_was(100, "10").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run `make soak`"]
async fn a_thousand_calls_do_not_grow_the_worker() {
    leave_the_daemon_as_it_was(1_000, "100").await;
}

async fn leave_the_daemon_as_it_was(all: usize, cell_calls: &str) {
    let _alone = ALONE.lock().await;
    let bench = Arc::new(Bench::start(sim::Options::default()).await);
    let mut daemon = bench.quiet_daemon(&["--cell-calls", cell_calls]).await;
    let pages = daemon.health();
    let after = |calls: usize| reaches(&pages, ENDED, calls as f64, WITHIN);
    let began = clock::now();
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    let mut early = None;
    for number in 0..all {
        let slot = at_once.clone().acquire_owned().await.unwrap();
        let bench = bench.clone();
        calls.spawn(async move {
            let caller = bench.caller_in(&format!("room-{number}"), "ada").await;
            // By the agent's state, not by audio: after some 500 rooms, the native core that all
            // callers share takes longer to deliver audio than the greeting lasts.
            let mut state = caller.agent_state();
            let there = state.wait_for(|it| it == "listening" || it == "speaking");
            let is_there = timeout(SOON, there).await.is_ok_and(|it| it.is_ok());
            assert!(is_there, "no agent in room-{number}");
            caller.leave().await;
            drop(slot);
        });
        while let Some(call) = calls.try_join_next() {
            call.unwrap();
        }
        if number == 20 {
            after(10).await;
            early = Some(size(daemon.pid()));
        }
    }
    timeout(SOON, calls.join_all()).await.unwrap();
    after(all).await;
    let (early, late) = (early.unwrap(), size(daemon.pid()));
    println!("callers: {:?}", size(std::process::id()));
    println!("{all} calls in {:.0} s", began.elapsed().as_secs_f64());
    let cells = metric(&pages, "parlor_cells").await;
    let retired = metric(
        &pages,
        "parlor_cell_events_total{event=\"retired\",why=\"calls\"}",
    )
    .await;
    let heavy = metric(
        &pages,
        "parlor_cell_events_total{event=\"retired\",why=\"memory\"}",
    )
    .await;
    let died = metric(&pages, "parlor_cell_events_total{event=\"died\",why=\"\"}").await;
    println!("worker after 10 calls: {early:?}\nafter {all}: {late:?}");
    println!("{cells} cells at the end, {retired} retired, {died} died");
    assert!(late.memory < early.memory + 4_096, "{early:?} {late:?}");
    assert!(
        late.threads <= early.threads && late.files <= early.files + 8,
        "{early:?} {late:?}"
    );
    assert!(retired >= 8.0 && died == 0.0 && heavy == 0.0);
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0));
}
