//! End-to-end encryption: only participants with the key can hear and read anything.

use std::time::Duration;

use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::room::Caller;
use parlor_livekit::token::{Grant, Kind, mint};
use parlor_sim as sim;
use parlor_sim::clips;

use super::bench::{Bench, GREETING, ROOM, agent_speaks, all_heard, echo};
use super::hearing;

const KEY: &str = "a key that two share";

async fn caller(bench: &Bench, key: Option<&str>) -> Caller {
    let livekit = LiveKit {
        shared_key: key.map(Secret::new),
        ..bench.livekit.clone()
    };
    let grant = Grant {
        room: ROOM,
        identity: "ada",
        name: "Ada",
        kind: Kind::Caller,
        valid: Duration::from_secs(60),
    };
    let token = mint(&livekit, &grant).unwrap();
    Caller::join(&livekit, &token).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_the_key_can_talk_to_the_agent() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker_with(&[], &[("PARLOR_SHARED_KEY", KEY)]);
    let mut caller = caller(&bench, Some(KEY)).await;
    agent_speaks(&mut caller.agent_state()).await;
    let found = echo(&mut caller, "caller-hours").await;
    assert!(found.was_heard(), "{found}");
    let captions = caller.captions().borrow().clone();
    assert_eq!(
        captions.first().map(|it| it.text.as_str()),
        clips::find(GREETING).map(|it| it.words)
    );
    bench.ends(caller, &mut worker).await;
    assert!(!worker.wrote().contains(KEY), "the key was printed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_the_key_understands_nothing() {
    let bench = Bench::start(sim::Options::default()).await;
    let _worker = bench.worker_with(&[], &[("PARLOR_SHARED_KEY", KEY)]);
    let caller = caller(&bench, None).await;
    agent_speaks(&mut caller.agent_state()).await;
    let greeting = clips::find(GREETING).unwrap().samples();
    let found = hearing::find(&greeting, &all_heard(&caller, 0).await);
    println!("without the key: {found}");
    assert!(!found.has(3), "{found}");
    assert_eq!(*caller.captions().borrow(), []);
    caller.leave().await;
}
