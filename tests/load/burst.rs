//! Callers who join at the same moment, on a machine that is busy with their joins.

use std::sync::Arc;
use std::time::Duration;

use parlor_common::clock;
use parlor_sim as sim;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ALONE;
use super::bench::{Bench, SOON, Worker, agent_is};
use super::pages::metric;

/// Lets `callers` join separate rooms at once, and waits until each has been greeted. Returns how
/// long each waited for the greeting, in ascending order. Prints what the worker wrote if a caller is
/// not greeted.
async fn greeted(bench: &Arc<Bench>, daemon: &Worker, callers: usize) -> Vec<Duration> {
    let mut calls = JoinSet::new();
    for number in 0..callers {
        let bench = bench.clone();
        calls.spawn(async move {
            let from = clock::now();
            let caller = bench.caller_in(&format!("room-{number}"), "ada").await;
            agent_is(&mut caller.agent_state(), "speaking").await;
            let took = clock::now() - from;
            agent_is(&mut caller.agent_state(), "listening").await;
            caller.leave().await;
            took
        });
    }
    let mut took = Vec::new();
    while let Some(call) = timeout(3 * SOON, calls.join_next()).await.unwrap() {
        match call {
            Ok(waited) => took.push(waited),
            Err(error) => panic!("{error}; the worker wrote:\n{}", daemon.wrote()),
        }
    }
    took.sort();
    took
}

/// Prints the CPU load that the worker measured, and its decisions about calls.
fn print_samples(daemon: &Worker) {
    for line in daemon.lines() {
        let (at, message) = (
            &line["timestamp"],
            line["message"].as_str().unwrap_or_default(),
        );
        if message == "sampled the CPU load" {
            println!("{at} machine {} own {}", line["machine"], line["own"]);
        } else if ["accepted", "accepting", "refused"]
            .iter()
            .any(|it| message.contains(it))
        {
            println!("{at} {line}");
        }
    }
}

/// Runs with the default settings.
async fn all_at_once(callers: usize) {
    let _alone = ALONE.lock().await;
    let bench = Arc::new(Bench::start(sim::Options::default()).await);
    let mut daemon = bench.limited_daemon().await;
    let took = greeted(&bench, &daemon, callers).await;
    println!("{callers} callers at once were greeted within {took:.1?}");
    print_samples(&daemon);
    let health = daemon.health();
    let refused = metric(&health, "parlor_offers_total{answer=\"load\"}").await;
    let taken = metric(&health, "parlor_offers_total{answer=\"accepted\"}").await;
    assert_eq!((taken, refused), (callers as f64, 0.0));
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_callers_at_once_all_get_an_agent() {
    all_at_once(10).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn sixteen_callers_at_once_all_get_an_agent() {
    all_at_once(16).await;
}
