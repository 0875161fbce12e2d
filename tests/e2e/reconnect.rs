//! The way to LiveKit breaks in the middle of a call, and the call goes on.

use parlor::sim;

use super::bench::{Bench, agent_speaks, echo};
use super::gate::Gate;

/// A call goes on after its way was cut and `refuse` attempts to come back were refused.
async fn goes_on(refuse: usize, sign: &str) {
    let bench = Bench::start(sim::Options::default()).await;
    let gate = Gate::to(&bench.livekit.url).await;
    let mut worker = bench.worker_with(&[], &[("LIVEKIT_URL", &gate.url)]);
    let mut caller = bench.caller("ada").await;
    agent_speaks(&mut caller.agent_state()).await;

    gate.cut(refuse);
    worker.writes("the room is back").await;
    worker.writes(sign).await;
    let found = echo(&mut caller, "caller-hours").await;
    println!("after a cut: {found}");
    assert!(found.was_heard(), "{found:?}");
    caller.leave().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_resumed() {
    goes_on(0, "resuming connection").await;
}

/// The core joins again; everybody in the room, and our track, is new to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_joined_again() {
    goes_on(1, "restarting connection").await;
}
