//! Processes, connections and servers are lost during calls: the calls continue.

use std::time::Duration;

use parlor_common::clock;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::{Entry, Scenario};

use super::bench::{Bench, SOON, Worker, agent_is, agent_speaks, echo, playing, say};
use super::gate::Gate;
use super::pages::{metric, reaches};
use super::worker::signal;

/// Metric that counts the callers' turns.
const TURNS: &str = "parlor_call_events_total{event=\"turns\"}";

/// Callers, each in a room of their own, who have been greeted and answered.
async fn talking(bench: &Bench, rooms: &[&str]) -> Vec<Caller> {
    let mut callers = Vec::new();
    for room in rooms {
        let mut caller = bench.caller_in(room, "ada").await;
        agent_speaks(&mut caller.agent_state()).await;
        answered(&mut caller, "before").await;
        callers.push(caller);
    }
    callers
}

/// Asserts that the caller is heard and answered.
async fn answered(caller: &mut Caller, when: &str) {
    let found = echo(caller, "caller-hours").await;
    assert!(found.was_heard(), "{when}: {found:?}");
}

/// Asserts that every caller is answered again, and that the calls and the worker end normally.
async fn all_go_on(bench: &Bench, daemon: &mut Worker, mut callers: Vec<Caller>) {
    for caller in &mut callers {
        answered(caller, "after").await;
    }
    println!("{0} callers before, {0} answered after", callers.len());
    for caller in callers {
        caller.leave().await;
    }
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

/// How long it takes until the caller hears a voice.
async fn hears_a_voice(caller: &Caller) -> Duration {
    let began = clock::now();
    let mut heard = caller.heard();
    let from = heard.len();
    let is_loud = |heard: &[i16]| heard.iter().any(|sample| sample.unsigned_abs() > 3_000);
    assert!(heard.wait(from, SOON, is_loud).await, "nobody speaks");
    began.elapsed()
}

fn greetings(bench: &Bench) -> usize {
    let asked = bench.log.session_requests();
    asked.iter().filter(|asked| asked.has_greeting).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_killed_cell_continue_in_other_cells() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&[]).await;
    let rooms = ["hall", "cellar", "attic", "yard"];
    let callers = talking(&bench, &rooms).await;
    let pages = daemon.health();
    reaches(&pages, TURNS, 4.0, SOON).await;
    let victim = daemon.cells()[0];
    signal("-KILL", victim).await;
    daemon
        .writes_often("call continues in another cell", 2)
        .await;
    let after = daemon.numbers("call continues in another cell", "after_ms");
    println!("4 calls before, 2 in the killed cell; back in their rooms after {after:?} ms");
    reaches(&pages, "parlor_calls_adopted_total", 2.0, SOON).await;
    assert!(metric(&pages, TURNS).await >= 4.0, "the counts are kept");
    all_go_on(&bench, &mut daemon, callers).await;
    assert_eq!(
        bench.log.count(&Entry::Resumed),
        2,
        "their voice sessions were resumed"
    );
    assert_eq!(greetings(&bench), rooms.len(), "nobody was greeted twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_was_cut_while_speaking_continues() {
    let bench = Bench::start(playing(&["no-resume"])).await;
    let mut daemon = bench.daemon(&[]).await;
    let mut callers = talking(&bench, &["hall"]).await;
    let caller = &mut callers[0];
    say(caller, "caller-hours").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    signal("-KILL", daemon.cells()[0]).await;
    let silent = hears_a_voice_again(caller).await;
    println!(
        "the agent is heard again {} ms after kill -9",
        silent.as_millis()
    );
    agent_is(&mut caller.agent_state(), "listening").await;
    let asked = bench.log.session_requests();
    let [first, second] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert!(first.has_greeting && !second.has_greeting);
    let prompt = second.system_prompt.reveal();
    assert!(
        prompt.contains("\nCaller: ") && prompt.contains("\nYou: "),
        "the last turns are missing from the prompt"
    );
    assert!(
        bench.log.received("reply.create"),
        "the agent still owes an answer"
    );
    all_go_on(&bench, &mut daemon, callers).await;
}

/// Like [`hears_a_voice`], but first waits until the audio in transit has ended.
async fn hears_a_voice_again(caller: &Caller) -> Duration {
    let began = clock::now();
    let mut heard = caller.heard();
    let from = heard.len();
    let is_quiet = |heard: &[i16]| {
        let last = heard.len().saturating_sub(2_400);
        heard.len() > 4_800 && heard[last..].iter().all(|it| it.unsigned_abs() < 500)
    };
    assert!(
        heard.wait(from, SOON, is_quiet).await,
        "the agent never stopped speaking"
    );
    hears_a_voice(caller).await;
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_when_the_native_core_aborts() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&["--rooms-per-cell", "1"]).await;
    let callers = talking(&bench, &["hall", "cellar"]).await;
    signal("-ABRT", daemon.cells()[0]).await;
    daemon.writes("call continues in another cell").await;
    assert!(daemon.wrote().contains("signal 6"), "{}", daemon.wrote());
    all_go_on(&bench, &mut daemon, callers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_cell_is_killed_and_its_call_continues() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&["--rooms-per-cell", "1"]).await;
    let callers = talking(&bench, &["hall", "cellar"]).await;
    let began = clock::now();
    signal("-STOP", daemon.cells()[0]).await;
    daemon.writes("call continues in another cell").await;
    println!(
        "back {} ms after the cell hung",
        began.elapsed().as_millis()
    );
    all_go_on(&bench, &mut daemon, callers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_crashes_two_cells_is_the_only_one_that_fails() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&["--rooms-per-cell", "1"]).await;
    let mut callers = talking(&bench, &["hall", "cellar"]).await;
    for time in 1..=2 {
        let cells = daemon.cells();
        // The first call runs in the first cell, and then in the third one.
        signal("-KILL", cells[[0, 2][time - 1]]).await;
        daemon.writes_often("a cell died", time).await;
        if time == 1 {
            daemon.writes("call continues in another cell").await;
        }
    }
    daemon.writes("call failed").await;
    callers.remove(0).leave().await;
    all_go_on(&bench, &mut daemon, callers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_session_that_is_cut_is_resumed() {
    let mut bench = Bench::start(sim::Options::default()).await;
    let gate = bench.gate_to_the_agent().await;
    let mut daemon = bench.daemon(&[]).await;
    let callers = talking(&bench, &["hall", "cellar"]).await;
    gate.cut(1);
    daemon.writes_often("voice session restored", 2).await;
    let after = daemon.numbers("voice session restored", "after_ms");
    println!("2 voice sessions cut, back after {after:?} ms");
    all_go_on(&bench, &mut daemon, callers).await;
    assert_eq!(bench.log.count(&Entry::Resumed), 2);
    assert_eq!(greetings(&bench), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_session_that_cannot_be_resumed_is_replaced() {
    let late = "about = ''\n[[step]]\non = 'session.ready'\nafter_ms = 12000\ndo.cut = true";
    let mut options = playing(&["no-resume"]);
    options.scenarios.push(Scenario::parse(late).unwrap());
    let bench = Bench::start(options).await;
    let mut daemon = bench.daemon(&[]).await;
    let callers = talking(&bench, &["hall"]).await;
    daemon.writes("voice session restored").await;
    all_go_on(&bench, &mut daemon, callers).await;
    assert_eq!(
        (bench.log.session_requests().len(), greetings(&bench)),
        (2, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_when_the_dispatch_socket_is_blocked_for_30_seconds() {
    let bench = Bench::start(sim::Options::default()).await;
    let gate = Gate::to(&bench.livekit.url).await;
    let mut daemon = bench.daemon_at(&gate.url, &[]).await;
    let mut callers = talking(&bench, &["hall", "cellar"]).await;
    gate.hold("/agent", Duration::from_secs(30));
    for caller in &mut callers {
        answered(caller, "while the dispatch socket is blocked").await;
    }
    let registered = daemon.writes_within("\"registered\"", 2, Duration::from_secs(50));
    registered.await;
    let late = bench.caller_in("attic", "grace").await;
    agent_speaks(&mut late.agent_state()).await;
    callers.push(late);
    all_go_on(&bench, &mut daemon, callers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_continue_when_the_server_restarts() {
    let mut bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&[]).await;
    let callers = talking(&bench, &["hall", "cellar"]).await;
    let began = clock::now();
    let server = bench.server.take().unwrap();
    bench.server = Some(server.restart().await.unwrap());
    daemon.writes_often("reconnected to the room", 2).await;
    daemon.writes_often("\"registered\"", 2).await;
    println!(
        "2 calls back {} ms after the server was killed",
        began.elapsed().as_millis()
    );
    all_go_on(&bench, &mut daemon, callers).await;
}
