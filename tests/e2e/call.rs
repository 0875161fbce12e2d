//! What a caller hears in ordinary calls.

use std::time::Duration;

use parlor_common::clock;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::{Entry, clips};

use super::bench::{Bench, GREETING, SOON, agent_is, agent_speaks, all_heard, echo};
use super::hearing::{self, Match, SILENT};

/// 200 ms at 24 kHz.
const MARGIN: usize = 4_800;

fn clip(name: &str) -> Vec<i16> {
    clips::find(name).unwrap().samples()
}

/// Looks for the greeting in everything that the caller heard, and prints the result.
async fn greeting(caller: &Caller) -> Match {
    let found = hearing::find(&clip(GREETING), &all_heard(caller, 0).await);
    println!("greeting: {found}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_greeting_is_heard() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    let began = clock::now();
    let mut state = caller.agent_state();
    agent_is(&mut state, "speaking").await;
    println!(
        "first spoken word {} ms after the caller joined",
        began.elapsed().as_millis()
    );
    agent_is(&mut state, "listening").await;
    let greeting = greeting(&caller).await;
    assert!(greeting.was_heard() && greeting.begins, "{greeting:?}");
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_echoes_the_callers_audio() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    for name in ["caller-hours", "caller-table"] {
        let found = echo(&mut caller, name).await;
        assert!(found.was_heard(), "{found:?}");
    }
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_follows_of_an_interrupted_reply() {
    let bench = Bench::start(sim::Options {
        reply: sim::Reply::Parrot,
        ..sim::Options::default()
    })
    .await;
    let mut worker = bench.worker();
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    let long = clip("caller-long");
    caller.say(&long).await.unwrap();
    agent_is(&mut state, "speaking").await;
    let from = caller.heard().len();

    let mut hearing_it = caller.heard();
    let talking = |heard: &[i16]| hearing::loudness(heard) > 500.0;
    assert!(
        hearing_it.wait(from, SOON, talking).await,
        "the reply is not heard"
    );
    let stop = clip("caller-stop");
    let (mut log, heard_so_far) = (bench.log.clone(), caller.heard());
    let deciding = async {
        let decided = log.wait(SOON, |entry| *entry == Entry::BargeIn).await;
        assert!(decided.is_some(), "the simulator detected no interruption");
        heard_so_far.len()
    };
    let (said, at_decision) = tokio::join!(caller.say(&stop), deciding);
    said.unwrap();
    agent_is(&mut state, "listening").await;
    agent_speaks(&mut state).await;

    let all = all_heard(&caller, from).await;
    let cut = hearing::silence_after(&all, at_decision.saturating_sub(from)).unwrap();
    println!(
        "interrupted: silent {} ms after the decision",
        (cut + from).saturating_sub(at_decision) / 24
    );
    let took = worker.numbers("barge-in stopped the agent's audio", "after_ms");
    let decided = worker.numbers("caller speech detected", "ago_ms");
    println!("silenced {took:?} ms after the first sound, decided after {decided:?} ms");
    // One number per turn of the caller; the last turn was an interruption.
    assert!(took.last() >= decided.last() && took.len() == 1, "{took:?}");
    let played = hearing::find(&long, &all);
    assert!(played.found > 0 && !played.is_whole(), "{played:?}");
    let after = &all[cut..];
    let reply = hearing::find(&stop, after);
    assert!(reply.was_heard(), "the new reply is heard: {reply:?}");
    // The parrot also repeats some of the audio before the first word.
    let between = &after[..reply.start.saturating_sub(MARGIN)];
    assert!(between.len() > MARGIN, "{reply:?}");
    assert!(
        hearing::peak(between) < SILENT,
        "audio of the old reply followed"
    );
    bench.ends(caller, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_callers_in_turn_are_served_by_one_worker() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let first = bench.caller("ada").await;
    agent_speaks(&mut first.agent_state()).await;
    let mut second = bench.caller("grace").await;
    // She becomes the next caller only once the worker has seen her.
    worker.writes("grace").await;
    first.leave().await;
    let found = echo(&mut second, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    bench.ends(second, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_serve_the_same_room_one_after_another() {
    let bench = Bench::start(sim::Options::default()).await;
    for caller in ["ada", "grace"] {
        let mut worker = bench.worker();
        let caller = bench.caller(caller).await;
        agent_speaks(&mut caller.agent_state()).await;
        let greeting = greeting(&caller).await;
        assert!(greeting.was_heard() && greeting.begins, "{greeting:?}");
        bench.ends(caller, &mut worker).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_call_with_a_goodbye() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker();
    let caller = bench.caller("ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    let began = clock::now();
    worker.terminate().await;
    assert_eq!(worker.end().await.code(), Some(0), "{}", worker.wrote());
    println!("ended {} ms after SIGTERM", began.elapsed().as_millis());
    assert!(began.elapsed() < Duration::from_secs(6));
    assert!(
        bench.log.received("session.end"),
        "the voice session was closed"
    );
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_contain_neither_speech_nor_keys() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut worker = bench.worker_with(&[], &[("PARLOR_LOG", "trace")]);
    let mut caller = bench.caller("ada").await;
    let mut state = caller.agent_state();
    agent_speaks(&mut state).await;
    caller.say(&clip("caller-hours")).await.unwrap();
    agent_speaks(&mut state).await;
    caller.leave().await;
    worker.end().await;
    /// First letters of every JWT, in lower case.
    const TOKEN: &str = "eyj";
    let wrote = worker.wrote().to_lowercase();
    assert!(wrote.contains("voice session ready"), "{wrote}");
    for planted in [
        "opening hours",
        "how can i help",
        "friendly voice assistant",
        "e2e-key",
        "bearer ",
        TOKEN,
    ] {
        let line = wrote.lines().find(|line| line.contains(planted));
        assert_eq!(line, None, "{planted:?} was logged");
    }
}
