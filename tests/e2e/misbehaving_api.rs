//! A misbehaving Voice Agent API: the call continues, and nothing is lost.

use std::time::Duration;

use parlor_sim as sim;
use parlor_sim::{Pace, Scenario, clips};

use super::bench::{Bench, GREETING, agent_is, agent_speaks, all_heard, echo, playing, say};
use super::hearing;

/// Asserts that a call greets and answers although the simulator plays these scenarios.
async fn survives(scenarios: &[&str]) {
    let bench = Bench::start(playing(scenarios)).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    let greeting = clips::find(GREETING).unwrap().samples();
    let found = hearing::find(&greeting, &all_heard(&caller, 0).await);
    assert!(found.was_heard(), "the greeting: {found:?}");
    let found = echo(&mut caller, "caller-hours").await;
    assert!(found.was_heard(), "the reply: {found:?}");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_and_bad_base64_are_survived() {
    survives(&["malformed-json", "bad-base64", "unknown-event"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_two_megabytes_is_survived() {
    survives(&["huge-message"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_fields_and_odd_chunks_are_survived() {
    survives(&[
        "iso-timestamps",
        "missing-status",
        "missing-reply-id",
        "odd-chunks",
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_a_minute_is_played_in_real_time_and_can_be_interrupted() {
    let bench = Bench::start(sim::Options {
        pace: Pace::Burst,
        ..playing(&["long-greeting"])
    })
    .await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_is(&mut state, "speaking").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        *state.borrow(),
        "speaking",
        "a minute of audio takes more than 2 s"
    );
    say(&mut caller, "caller-stop").await;
    agent_is(&mut state, "listening").await;
    agent_speaks(&mut state).await;
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_answered_after_a_minute_of_silence() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    caller.say(&vec![0; 60 * 24_000]).await.unwrap();
    say(&mut caller, "caller-hours").await;
    agent_speaks(&mut state).await;
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_socket_is_detected_and_the_call_continues() {
    let late = "about = ''\n[[step]]\non = 'session.ready'\nafter_ms = 1000\ndo.hang = true";
    let bench = Bench::start(sim::Options {
        scenarios: vec![Scenario::parse(late).unwrap()],
        ..sim::Options::default()
    })
    .await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    worker.writes("voice session restored").await;
    agent_speaks(&mut caller.agent_state()).await;
    let found = echo(&mut caller, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    bench.ends(caller, &mut worker).await;
}
