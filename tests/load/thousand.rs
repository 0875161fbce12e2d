//! A thousand short calls, one after another and a few at once.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use parlor::sim;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ALONE;
use super::bench::{Bench, SOON, agent_is};
use super::pages::metric;

const CALLS: usize = 1_000;

/// Calls at once.
const AT_ONCE: usize = 8;

/// How long all of them may take.
const WITHIN: Duration = Duration::from_secs(900);

/// What a process has: resident memory in kB, threads, open files.
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
async fn a_thousand_calls_leave_the_daemon_as_the_tenth_did() {
    let _alone = ALONE.lock().await;
    let bench = Arc::new(Bench::start(sim::Options::default()).await);
    let mut daemon = bench.daemon(&["--cell-calls", "100"]).await;
    let after = |calls: usize| daemon.writes_within("call ended", calls, WITHIN);
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    let mut early = None;
    for number in 0..CALLS {
        let slot = at_once.clone().acquire_owned().await.unwrap();
        let bench = bench.clone();
        calls.spawn(async move {
            let caller = bench.caller_in(&format!("room-{number}"), "ada").await;
            agent_is(&mut caller.agent_state(), "speaking").await;
            caller.leave().await;
            drop(slot);
        });
        while calls.try_join_next().is_some_and(|call| call.is_ok()) {}
        if number == 20 {
            after(10).await;
            early = Some(size(daemon.pid()));
        }
    }
    timeout(SOON, calls.join_all()).await.unwrap();
    after(CALLS).await;
    let (early, late) = (early.unwrap(), size(daemon.pid()));
    let pages = daemon.health();
    let cells = metric(&pages, "parlor_cells").await;
    let retired = metric(
        &pages,
        "parlor_cell_events_total{event=\"retired\",why=\"calls\"}",
    )
    .await;
    let died = metric(&pages, "parlor_cell_events_total{event=\"died\",why=\"\"}").await;
    println!("daemon after 10 calls: {early:?}\nafter {CALLS}: {late:?}");
    println!("{cells} cells at the end, {retired} retired, {died} died");
    assert!(late.memory < early.memory + 4_096, "{early:?} {late:?}");
    assert!(
        late.threads <= early.threads && late.files <= early.files + 8,
        "{early:?} {late:?}"
    );
    assert!(retired >= 8.0 && died == 0.0);
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0));
}
