//! Many rooms at the same time.

use std::time::Duration;

use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::clips;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ALONE;
use super::bench::{Bench, GREETING, Worker, agent_speaks, all_heard};
use super::hearing::{Match, find};

/// Timeout for greeting and answering all callers.
const WITHIN: Duration = Duration::from_secs(90);

/// Clip that every caller speaks.
const SAID: &str = "caller-hours";

/// Recordings of one caller.
struct Recording {
    greeting: Vec<i16>,
    answer: Vec<i16>,
}

/// How well the expected clips are found in a recording.
struct Heard {
    greeting: Match,
    answer: Match,
}

/// Lets this many callers call at once, each in a room of their own, and returns what they heard.
/// The recordings are compared only after all have hung up, because that takes more CPU than a
/// call.
async fn call_all(bench: &Bench, rooms: usize) -> Vec<Heard> {
    let mut calls = JoinSet::new();
    for room in 0..rooms {
        let caller = bench.caller_in(&format!("room-{room}"), "ada").await;
        calls.spawn(converse(caller));
    }
    let recordings = timeout(WITHIN, calls.join_all()).await.unwrap();
    let greeting = clips::find(GREETING).unwrap().samples();
    let said = clips::find(SAID).unwrap().samples();
    let heard = recordings.into_iter().map(|it| Heard {
        greeting: find(&greeting, &it.greeting),
        answer: find(&said, &it.answer),
    });
    heard.collect()
}

async fn converse(mut caller: Caller) -> Recording {
    agent_speaks(&mut caller.agent_state()).await;
    let greeting = all_heard(&caller, 0).await;
    let from = caller.heard().len();
    caller
        .say(&clips::find(SAID).unwrap().samples())
        .await
        .unwrap();
    agent_speaks(&mut caller.agent_state()).await;
    let answer = all_heard(&caller, from).await;
    caller.leave().await;
    Recording { greeting, answer }
}

async fn daemon(bench: &Bench) -> Worker {
    bench.quiet_daemon(&["--max-calls", "64"]).await
}

/// Twelve rooms at once: returns what each caller heard, and the gaps in the playout of each call.
async fn twelve() -> (Vec<Heard>, Vec<u64>) {
    let _alone = ALONE.lock().await;
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = daemon(&bench).await;
    let heard = call_all(&bench, 12).await;
    for Heard { greeting, answer } in &heard {
        println!("greeting: {greeting}; answer: {answer}");
    }
    daemon.writes_often("call ended", 12).await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    let gaps = daemon.numbers("call ended", "gaps");
    println!("12 rooms: gaps {gaps:?}");
    (heard, gaps)
}

/// On a busy machine callers may miss some audio, but each is greeted and answered.
#[tokio::test(flavor = "multi_thread")]
async fn twelve_rooms_are_greeted_and_answered() {
    let (heard, _gaps) = twelve().await;
    let in_part = |it: &&Heard| it.greeting.has(2) && it.answer.has(2);
    assert_eq!(heard.iter().filter(in_part).count(), 12);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn twelve_rooms_are_greeted_and_answered_without_a_gap() {
    let (heard, gaps) = twelve().await;
    let whole = |it: &&Heard| it.greeting.has(9) && it.answer.has(9);
    assert_eq!(heard.iter().filter(whole).count(), 12);
    assert_eq!(gaps, [0; 12]);
}

/// Prints how many rooms the machine can handle; the servers, the simulator and the callers run on
/// it as well.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two minutes; run `make soak`"]
async fn as_many_rooms_as_the_machine_can_handle() {
    let _alone = ALONE.lock().await;
    let mut carried = 0;
    for rooms in [13, 14, 15, 16, 18, 20, 24] {
        let bench = Bench::start(sim::Options::default()).await;
        let mut daemon = daemon(&bench).await;
        let heard = call_all(&bench, rooms).await;
        let whole = heard
            .iter()
            .filter(|it| it.greeting.has(9) && it.answer.has(9));
        let whole = whole.count();
        daemon.writes_often("call ended", rooms).await;
        daemon.terminate().await;
        assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
        let gaps: u64 = daemon.numbers("call ended", "gaps").iter().sum();
        println!("{rooms} rooms: {whole} heard everything, {gaps} gaps");
        if whole < rooms || gaps > 0 {
            break;
        }
        carried = rooms;
    }
    println!("handled without loss: {carried} rooms");
}
