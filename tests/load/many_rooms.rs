//! Requests of a worker to a server with many rooms.

use std::time::Duration;

use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use parlor_common::clock;
use parlor_sim as sim;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::ALONE;
use super::bench::{Bench, agent_is};
use super::pages::metric;

const ROOMS: usize = 10_000;

/// Rooms created concurrently.
const AT_ONCE: usize = 16;

const REQUESTS: [&str; 5] = [
    "list_rooms",
    "list_participants",
    "list_dispatch",
    "delete_dispatch",
    "create_dispatch",
];

fn rooms_of(bench: &Bench) -> RoomClient {
    let secret = bench.livekit.api_secret.reveal();
    RoomClient::with_api_key(&bench.livekit.http_url(), &bench.livekit.api_key, secret)
}

/// Ten thousand rooms and one caller without an agent: prints how many requests the worker sends,
/// and how soon the caller gets an agent.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn a_waiting_room_is_found_among_ten_thousand_rooms() {
    let _alone = ALONE.lock().await;
    let bench = Bench::start(sim::Options::default()).await;
    let mut making = JoinSet::new();
    for part in 0..AT_ONCE {
        let rooms = rooms_of(&bench);
        making.spawn(async move {
            for number in (part..ROOMS).step_by(AT_ONCE) {
                let options = CreateRoomOptions {
                    empty_timeout: 3_600,
                    ..CreateRoomOptions::default()
                };
                let name = format!("empty-{number}");
                rooms.create_room(&name, options).await.unwrap();
            }
        });
    }
    making.join_all().await;
    let began = clock::now();
    let listed = rooms_of(&bench).list_rooms(Vec::new()).await.unwrap().len();
    println!(
        "{listed} rooms are listed in {} ms",
        began.elapsed().as_millis()
    );
    let caller = bench.caller_in("hall", "ada").await;
    let mut daemon = bench.quiet_daemon(&[]).await;
    let began = clock::now();
    agent_is(&mut caller.agent_state(), "listening").await;
    println!(
        "the waiting caller got an agent after {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let pages = daemon.health();
    // The worker inspects each new room at most once; wait until it has done so.
    sleep(Duration::from_secs(15)).await;
    let mut before = Vec::new();
    for request in REQUESTS {
        let name = format!("parlor_room_requests_total{{request=\"{request}\"}}");
        before.push((metric(&pages, &name).await, name));
    }
    sleep(Duration::from_secs(60)).await;
    for (before, name) in before {
        let after = metric(&pages, &name).await;
        println!(
            "{name}: {before} at first, {} in the following minute",
            after - before
        );
    }
    caller.leave().await;
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}
