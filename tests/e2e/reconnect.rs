//! The connection to LiveKit breaks during a call, and the call continues.

use parlor_livekit::room::{Caller, CaptionLine};
use parlor_sim as sim;
use parlor_sim::clips;

use super::bench::{Bench, GREETING, Worker, agent_is, agent_speaks, echo, shown};
use super::gate::Gate;
use super::hearing;

/// Grace period, because a participant who rejoins has left in between.
const GRACE: (&str, &str) = ("PARLOR_CALLER_GRACE", "5");

/// A call whose connection between worker and LiveKit can be cut.
async fn call() -> (Bench, Gate, Worker, Caller) {
    let bench = Bench::start(sim::Options::default()).await;
    let gate = Gate::to(&bench.livekit.url).await;
    let variables = [("LIVEKIT_URL", gate.url.as_str()), GRACE];
    let worker = bench.worker_with(&[], &variables);
    let caller = bench.caller("ada").await;
    (bench, gate, worker, caller)
}

/// Asserts that the caller is heard and answered, and can leave.
async fn goes_on(bench: &Bench, mut worker: Worker, mut caller: Caller) {
    let found = echo(&mut caller, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    bench.ends(caller, &mut worker).await;
    assert!(
        !worker.wrote().contains("rejoining the room"),
        "an unnecessary rejoin"
    );
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_connection_keeps_its_track() {
    let (bench, gate, worker, caller) = call().await;
    agent_speaks(&mut caller.agent_state()).await;
    let tracks = caller.agent_tracks();
    gate.cut(0);
    worker.writes("resuming connection").await;
    worker.writes("audio flows again").await;
    assert_eq!(caller.agent_tracks(), tracks, "the same track");
    goes_on(&bench, worker, caller).await;
}

/// The native core rejoins: all participants and the agent's track are new.
#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_continues_after_the_room_is_rejoined() {
    let (bench, gate, worker, caller) = call().await;
    let mut state = caller.agent_state();
    agent_is(&mut state, "speaking").await;
    gate.cut(1);
    worker.writes("restarting connection").await;
    worker.writes("audio flows again").await;
    agent_is(&mut state, "listening").await;
    assert_eq!(caller.agent_tracks().len(), 1, "one track");

    let greeting = clips::find(GREETING).unwrap();
    let samples = greeting.samples();
    let until = |heard: &[i16]| hearing::until(&samples, heard).unwrap_or(0);
    let heard = until(&caller.heard().since(0));
    assert!(heard + 2_400 > until(&samples), "to its end: {heard}");
    let is_whole = |said: &[CaptionLine]| {
        said.iter()
            .any(|it| it.is_final && it.text == greeting.words)
    };
    shown(&caller, is_whole).await;
    goes_on(&bench, worker, caller).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_rejoins_is_heard() {
    let (bench, _gate, worker, caller) = call().await;
    agent_speaks(&mut caller.agent_state()).await;
    caller.rejoin().await.unwrap();
    worker
        .writes_often("subscribed to a caller's track", 2)
        .await;
    goes_on(&bench, worker, caller).await;
}
