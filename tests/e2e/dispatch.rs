//! A worker that takes calls dispatched by LiveKit.

use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_api::services::room::RoomClient;
use livekit_protocol::ParticipantInfo;
use livekit_protocol::participant_info::Kind;
use parlor_common::clock;
use parlor_core::secret::Secret;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::clips;

use super::bench::{Bench, GREETING, SOON, Worker, agent_is, agent_speaks, all_heard, echo};
use super::gate::Gate;
use super::hearing;
use super::pages::{get, reaches};

/// The agents in a room, as the server sees them.
async fn agents_in(bench: &Bench, room: &str) -> Vec<ParticipantInfo> {
    let url = bench.livekit.http_url();
    let secret = bench.livekit.api_secret.reveal();
    let client = RoomClient::with_api_key(&url, &bench.livekit.api_key, secret);
    let participants = client.list_participants(room).await.unwrap();
    let agents = participants
        .into_iter()
        .filter(|it| it.kind() == Kind::Agent);
    agents.collect()
}

async fn hears_the_greeting(caller: &Caller) {
    agent_speaks(&mut caller.agent_state()).await;
    let greeting = clips::find(GREETING).unwrap().samples();
    let found = hearing::find(&greeting, &all_heard(caller, 0).await);
    assert!(found.was_heard(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_room_gets_the_agent() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.quiet_daemon(&[]).await;
    for room in ["hall", "cellar"] {
        let caller = bench.caller_in(room, "ada").await;
        hears_the_greeting(&caller).await;
        caller.leave().await;
    }
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    assert_eq!(bench.log.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_by_name_brings_the_agent_of_that_name() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&["--agent-name", "clerk"]).await;
    let caller = bench.caller_in("office", "ada").await;
    let dispatch = bench.dispatch("clerk", "office").await;
    hears_the_greeting(&caller).await;
    let agent = agents_in(&bench, "office").await.remove(0);
    let job = agent.identity.strip_prefix("agent-").unwrap();
    assert!(daemon.wrote().contains(job), "{agent:?}");
    assert_eq!(agent.attributes["lk.agent.name"], "clerk");
    assert!(!daemon.wrote().contains("desk"), "metadata was logged");
    // The dispatch is taken back: the agent says goodbye.
    let client = bench.dispatches();
    client.delete_dispatch(dispatch.id, "office").await.unwrap();
    daemon.writes("\"outcome\":\"shutdown\"").await;
    caller.leave().await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_share_the_slots_and_finish_after_a_sigterm() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench
        .daemon(&["--max-calls", "2", "--rooms-per-cell", "1"])
        .await;
    let ada = bench.caller_in("hall", "ada").await;
    let mut grace = bench.caller_in("cellar", "grace").await;
    hears_the_greeting(&ada).await;
    agent_is(&mut grace.agent_state(), "listening").await;
    // Both slots are taken: the server dispatches nothing for a third room.
    let late = bench.caller_in("attic", "joan").await;
    daemon.terminate().await;
    daemon.writes("draining: accepting no more jobs").await;
    ada.leave().await;
    let found = echo(&mut grace, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    grace.leave().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    assert_eq!(*late.agent_state().borrow(), "");
    late.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sigterm_cuts_the_calls_and_is_reported() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&[]).await;
    let caller = bench.caller_in("hall", "ada").await;
    agent_is(&mut caller.agent_state(), "speaking").await;
    daemon.terminate().await;
    daemon.writes("draining: accepting no more jobs").await;
    let began = clock::now();
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(1), "{}", daemon.wrote());
    println!(
        "ended {} ms after the second SIGTERM",
        began.elapsed().as_millis()
    );
    assert_eq!(daemon.said(), ["calls cut short: 1"]);
    caller.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_handle_calls_does_not_register() {
    let bench = Bench::start(sim::Options::default()).await;
    let nowhere = [("PARLOR_NATIVE_CORE", "/nowhere/liblivekit_ffi.so")];
    let mut daemon = bench.daemon_with(&nowhere);
    assert_eq!(daemon.end().await.code(), Some(1), "{}", daemon.wrote());
    let said = daemon.said();
    println!("{said:?}");
    assert!(
        said.iter().any(|line| line.contains("make setup")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|line| line.contains("cannot handle calls")),
        "{said:?}"
    );
    assert!(!daemon.wrote().contains("\"registered\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_the_state_of_the_worker() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&["--agent-name", "clerk"]).await;
    let pages = daemon.health();
    for page in ["/", "/live", "/ready"] {
        assert_eq!(get(&pages, page).await.0, 200, "{page}");
    }
    let worker: serde_json::Value = serde_json::from_str(&get(&pages, "/worker").await.1).unwrap();
    assert_eq!(worker["agent_name"], "clerk");
    assert_eq!(
        (
            worker["protocol_version"].as_u64(),
            worker["active_jobs"].as_u64()
        ),
        (Some(1), Some(0))
    );
    let caller = bench.caller_in("office", "ada").await;
    bench.dispatch("clerk", "office").await;
    hears_the_greeting(&caller).await;
    let calls: serde_json::Value = serde_json::from_str(&get(&pages, "/calls").await.1).unwrap();
    assert_eq!(
        (&calls[0]["room"], &calls[0]["stage"]),
        (&"office".into(), &"running".into())
    );
    let (_, metrics) = get(&pages, "/metrics").await;
    for line in [
        "lk_agents_active_job_count 1",
        "parlor_offers_total{answer=\"accepted\"} 1",
        "parlor_connected 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(get(&pages, "/environment").await.0, 404);
    daemon.terminate().await;
    daemon.writes("draining: accepting no more jobs").await;
    assert_eq!(get(&pages, "/ready").await.0, 503);
    assert_eq!(get(&pages, "/").await.0, 200);
    caller.leave().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_when_the_connection_to_livekit_is_cut() {
    let bench = Bench::start(sim::Options::default()).await;
    let gate = Gate::to(&bench.livekit.url).await;
    let mut daemon = bench.daemon_at(&gate.url, &[]).await;
    let mut ada = bench.caller_in("hall", "ada").await;
    hears_the_greeting(&ada).await;
    // The connection of the call is cut too; it reconnects through the same gate.
    gate.cut(4);
    daemon.writes_often("\"registered\"", 2).await;
    daemon.writes("reconnected to the room").await;
    let found = echo(&mut ada, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    let grace = bench.caller_in("cellar", "grace").await;
    hears_the_greeting(&grace).await;
    ada.leave().await;
    grace.leave().await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_killed_daemon_continue_to_their_end() {
    let bench = Bench::start(sim::Options::default()).await;
    let daemon = bench.daemon(&[]).await;
    let mut caller = bench.caller_in("hall", "ada").await;
    agent_speaks(&mut caller.agent_state()).await;
    daemon.kill().await;
    let found = echo(&mut caller, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    caller.leave().await;
    let mut log = bench.log.clone();
    let ended = log.wait(Duration::from_secs(20), |entry| {
        *entry == sim::Entry::Ended("session.end")
    });
    assert!(ended.await.is_some(), "the cell ended the voice session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_room_configuration_dispatches_the_agent() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&["--agent-name", "clerk"]).await;
    let agent = livekit_protocol::RoomAgentDispatch {
        agent_name: "clerk".to_owned(),
        ..Default::default()
    };
    let config = livekit_protocol::RoomConfiguration {
        agents: vec![agent],
        ..Default::default()
    };
    let grants = VideoGrants {
        room_join: true,
        room: "office".to_owned(),
        ..VideoGrants::default()
    };
    let secret = bench.livekit.api_secret.reveal();
    let token = AccessToken::with_api_key(&bench.livekit.api_key, secret)
        .with_identity("ada")
        .with_grants(grants)
        .with_room_config(config)
        .to_jwt()
        .unwrap();
    let caller = Caller::join(&bench.livekit, &Secret::new(token))
        .await
        .unwrap();
    hears_the_greeting(&caller).await;
    caller.leave().await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_calls_by_free_slots() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemons = [
        bench.daemon(&["--max-calls", "2"]).await,
        bench.daemon(&["--max-calls", "2"]).await,
    ];
    let mut callers = Vec::new();
    for room in ["hall", "cellar", "attic", "yard"] {
        let caller = bench.caller_in(room, "ada").await;
        agent_is(&mut caller.agent_state(), "speaking").await;
        callers.push(caller);
    }
    for daemon in &daemons {
        reaches(&daemon.health(), "lk_agents_active_job_count", 2.0, SOON).await;
    }
    for caller in callers {
        caller.leave().await;
    }
    for daemon in &mut daemons {
        daemon.terminate().await;
        assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_different_length_finish_after_a_sigterm() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemon = bench.daemon(&[]).await;
    let mut callers = Vec::new();
    for room in ["hall", "cellar", "attic", "yard", "porch"] {
        let caller = bench.caller_in(room, "ada").await;
        agent_is(&mut caller.agent_state(), "speaking").await;
        callers.push(caller);
    }
    daemon.terminate().await;
    daemon.writes("draining: accepting no more jobs").await;
    let late = bench.caller_in("garage", "grace").await;
    for (calls, mut caller) in (1..).zip(callers) {
        agent_is(&mut caller.agent_state(), "listening").await;
        let found = echo(&mut caller, "caller-hours").await;
        assert!(found.was_heard(), "call {calls}: {found:?}");
        caller.leave().await;
        daemon.writes_often("call ended", calls).await;
    }
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    assert_eq!(*late.agent_state().borrow(), "", "no new call was taken");
    late.leave().await;
    let ended = bench.server.as_ref().unwrap().ended();
    let ended = ended.lock();
    let succeeded = ended.iter().filter(|line| line.contains("JS_SUCCESS"));
    assert_eq!((succeeded.count(), ended.len()), (5, 5), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_keeps_one_agent_of_a_name() {
    let bench = Bench::start(sim::Options::default()).await;
    let mut daemons = [
        bench.daemon(&["--agent-name", "clerk"]).await,
        bench.daemon(&["--agent-name", "clerk"]).await,
    ];
    let mut caller = bench.caller_in("office", "ada").await;
    bench.dispatch("clerk", "office").await;
    agent_speaks(&mut caller.agent_state()).await;
    // Each worker gets some of the offers: one refuses, the agent of the other finds the first.
    for _ in 0..4 {
        bench.dispatch("clerk", "office").await;
    }
    let refusals = async {
        let refused = |daemon: &Worker| {
            let wrote = daemon.wrote();
            wrote.matches("AlreadyThere").count() + wrote.matches("second_agent").count()
        };
        while daemons.iter().map(refused).sum::<usize>() < 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, refusals).await.unwrap();
    let found = echo(&mut caller, "caller-hours").await;
    assert!(found.was_heard(), "{found:?}");
    assert_eq!(agents_in(&bench, "office").await.len(), 1);
    caller.leave().await;
    for daemon in &mut daemons {
        daemon.terminate().await;
        assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
    }
}
