//! Callers who join separate rooms at the same moment: how many get an agent, when, and whether any
//! room gets two.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use livekit_api::services::room::RoomClient;
use livekit_protocol::participant_info::Kind;
use parlor_common::clock;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::ALONE;
use super::bench::{Bench, Worker};
use super::pages::{metric, reaches};
use super::worker::{SOON, signal};

/// If no other agent joins within this time, the remaining callers are waiting for a slot.
const STEADY: Duration = Duration::from_secs(6);

/// Timeout for a caller to get a free slot, even on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);

/// Callers who join at the same moment.
struct Crowd {
    began: Instant,
    rooms: Vec<String>,
    /// Callers who have got their agent, in order.
    served: mpsc::Receiver<(usize, Caller, Instant)>,
    joining: JoinSet<()>,
}

impl Crowd {
    /// Starts to join this many callers, each in a room of their own.
    fn join(bench: &Bench, callers: usize, prefix: &str) -> Self {
        let (served_sender, served) = mpsc::channel(callers);
        let mut joining = JoinSet::new();
        let rooms: Vec<_> = (0..callers).map(|it| format!("{prefix}-{it}")).collect();
        for (number, room) in rooms.iter().enumerate() {
            let (livekit, token) = (bench.livekit.clone(), bench.token(room, "ada"));
            let served_sender = served_sender.clone();
            joining.spawn(async move {
                let caller = Caller::join(&livekit, &token).await.unwrap();
                let mut state = caller.agent_state();
                state.wait_for(|it| !it.is_empty()).await.unwrap();
                served_sender
                    .send((number, caller, clock::now()))
                    .await
                    .ok();
            });
        }
        Self {
            began: clock::now(),
            rooms,
            served,
            joining,
        }
    }

    /// The next caller who gets an agent.
    async fn next(&mut self, within: Duration) -> Option<(usize, Caller, Instant)> {
        timeout(within, self.served.recv()).await.ok().flatten()
    }
}

/// Number of agents in a room.
async fn agents(bench: &Bench, room: &str) -> usize {
    let url = bench.livekit.http_url();
    let secret = bench.livekit.api_secret.reveal();
    let client = RoomClient::with_api_key(&url, &bench.livekit.api_key, secret);
    let there = client.list_participants(room).await.unwrap_or_default();
    there.iter().filter(|it| it.kind() == Kind::Agent).count()
}

/// Rooms with more than one agent.
async fn doubles(bench: &Bench, rooms: &[String]) -> Vec<String> {
    let mut doubles = Vec::new();
    for room in rooms {
        if agents(bench, room).await > 1 {
            doubles.push(room.clone());
        }
    }
    doubles
}

fn seconds(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort();
    let at = |part: usize| times.get(part.min(times.len().saturating_sub(1)));
    let show = |time: Option<&Duration>| {
        time.map_or_else(|| "-".to_owned(), |it| format!("{:.1}", it.as_secs_f64()))
    };
    format!(
        "p50 {} s, max {} s",
        show(at(times.len() / 2)),
        show(times.last())
    )
}

/// Results of a run.
#[derive(Debug)]
struct Figures {
    /// Waiting times of the callers who got an agent before anybody hung up.
    at_first: Vec<Duration>,
    /// Times from a hang-up until the next caller had an agent.
    after_a_hang_up: Vec<Duration>,
    never: usize,
    doubles: usize,
}

/// All callers join at once; then, while any are waiting, one after another hangs up.
async fn all_at_once(bench: &Bench, callers: usize, prefix: &str) -> Figures {
    let mut crowd = Crowd::join(bench, callers, prefix);
    let mut with_agent = Vec::new();
    let mut at_first = Vec::new();
    let mut doubled = BTreeSet::new();
    while with_agent.len() < callers {
        let Some((_, caller, at)) = crowd.next(STEADY).await else {
            break;
        };
        at_first.push(at - crowd.began);
        with_agent.push(caller);
    }
    doubled.extend(doubles(bench, &crowd.rooms).await);
    let mut after_a_hang_up = Vec::new();
    let mut served = at_first.len();
    while served < callers && !with_agent.is_empty() {
        with_agent.remove(0).leave().await;
        let free = clock::now();
        if let Some((_, caller, at)) = crowd.next(WITHIN).await {
            after_a_hang_up.push(at.saturating_duration_since(free));
            with_agent.push(caller);
            served += 1;
        }
        doubled.extend(doubles(bench, &crowd.rooms).await);
    }
    crowd.joining.shutdown().await;
    for caller in with_agent {
        caller.leave().await;
    }
    Figures {
        at_first,
        after_a_hang_up,
        never: callers - served,
        doubles: doubled.len(),
    }
}

async fn end(mut daemon: Worker) {
    daemon.terminate().await;
    assert_eq!(daemon.end().await.code(), Some(0), "{}", daemon.wrote());
}

/// Six slots, ten callers: four wait, and each gets an agent when another caller hangs up.
#[tokio::test(flavor = "multi_thread")]
async fn callers_without_a_slot_get_the_next_free_one() {
    let _alone = ALONE.lock().await;
    let bench = Bench::start(sim::Options::default()).await;
    let busy = super::bench::agent_file(
        "at-once.toml",
        "[lines]\nbusy = \"One moment in {{ room.name }}.\"\n",
    );
    let flags = ["--max-calls", "6", "--agent", busy.to_str().unwrap()];
    let daemon = bench.quiet_daemon(&flags).await;
    let pages = daemon.health();
    let waiting = tokio::spawn({
        let pages = pages.clone();
        async move { reaches(&pages, "parlor_rooms_waiting", 4.0, SOON).await }
    });
    let figures = all_at_once(&bench, 10, "room").await;
    println!("{figures:?}");
    waiting.await.unwrap();
    assert_eq!(figures.at_first.len(), 6);
    assert_eq!((figures.never, figures.doubles), (0, 0), "{figures:?}");
    daemon.writes_often("room is waiting for an agent", 4).await;
    daemon.writes_often("waiting room has its agent", 4).await;
    let asked = |request: &str| format!("parlor_room_requests_total{{request=\"{request}\"}}");
    assert!((metric(&pages, &asked("send_data")).await - 4.0).abs() < f64::EPSILON);
    assert!(metric(&pages, "parlor_rooms_waiting").await < 0.5);
    let served = "parlor_room_wait_seconds_count{outcome=\"served\"}";
    assert!((metric(&pages, served).await - 4.0).abs() < f64::EPSILON);
    end(daemon).await;
}

/// Runs with the defaults of `parlor start`, including its load limit.
async fn with_defaults(callers: usize, runs: usize) {
    for run in 1..=runs {
        let _alone = ALONE.lock().await;
        let bench = Bench::start(sim::Options::default()).await;
        let daemon = bench.limited_daemon().await;
        let figures = all_at_once(&bench, callers, "room").await;
        let pages = daemon.health();
        let full = metric(&pages, "parlor_full_total").await;
        let refused = daemon.wrote().matches("job refused").count();
        println!(
            "{callers} callers, run {run}: {} immediately ({}), {} after a hang-up ({}), {} never, {} twice; full {full} times, {refused} refused",
            figures.at_first.len(),
            seconds(&figures.at_first),
            figures.after_a_hang_up.len(),
            seconds(&figures.after_a_hang_up),
            figures.never,
            figures.doubles,
        );
        assert_eq!((figures.never, figures.doubles), (0, 0));
        end(daemon).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn ten_callers_at_once() {
    with_defaults(10, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn thirteen_callers_at_once() {
    with_defaults(13, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn thirty_callers_at_once() {
    with_defaults(30, 5).await;
}

/// Three workers, and nine callers in separate rooms.
struct Fleet {
    bench: Bench,
    workers: Vec<Worker>,
    crowd: Crowd,
    with_agent: Vec<Caller>,
    /// When each of them got an agent.
    at: Vec<Instant>,
}

impl Fleet {
    async fn called_by_nine() -> Self {
        let bench = Bench::start(sim::Options::default()).await;
        let mut workers = Vec::new();
        for _ in 0..3 {
            workers.push(bench.daemon(&["--max-calls", "6"]).await);
        }
        let crowd = Crowd::join(&bench, 9, "room");
        Self {
            bench,
            workers,
            crowd,
            with_agent: Vec::new(),
            at: Vec::new(),
        }
    }

    /// Waits until this many callers have got an agent.
    async fn serves(&mut self, callers: usize) {
        while self.with_agent.len() < callers {
            let (_, caller, at) = self
                .crowd
                .next(WITHIN)
                .await
                .expect("the caller gets an agent");
            self.with_agent.push(caller);
            self.at.push(at);
        }
    }

    /// Number of calls of the workers that are alive.
    async fn calls(&self) -> f64 {
        let mut calls = 0.0;
        for worker in &self.workers {
            calls += metric(&worker.health(), "lk_agents_active_job_count").await;
        }
        calls
    }

    /// Asserts that no room has two agents for ten seconds, that each has one after that, and that
    /// all workers exit normally.
    async fn has_one_agent_in_each_room(self) {
        for _ in 0..10 {
            sleep(Duration::from_secs(1)).await;
            assert_eq!(
                doubles(&self.bench, &self.crowd.rooms).await,
                Vec::<String>::new()
            );
        }
        for room in &self.crowd.rooms {
            assert_eq!(agents(&self.bench, room).await, 1, "{room}");
        }
        for caller in self.with_agent {
            caller.leave().await;
        }
        for worker in self.workers {
            end(worker).await;
        }
    }
}

/// One of three workers is killed while callers join: its calls continue in its cells, and callers
/// without an agent get one from another worker.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn a_fleet_of_three_loses_a_worker_while_callers_join() {
    let _alone = ALONE.lock().await;
    for run in 1..=5 {
        let mut fleet = Fleet::called_by_nine().await;
        fleet.serves(2).await;
        let killed = fleet.workers.remove(1);
        let calls = metric(&killed.health(), "lk_agents_active_job_count").await;
        let cells = killed.cells();
        killed.kill().await;
        fleet.serves(9).await;
        let times: Vec<_> = fleet.at.iter().map(|it| *it - fleet.crowd.began).collect();
        println!(
            "run {run}: a worker with {calls} calls was killed; 9 of 9 have an agent ({})",
            seconds(&times)
        );
        fleet.has_one_agent_in_each_room().await;
        for cell in cells {
            gone(cell).await;
        }
    }
}

/// Waits until a cell of a killed worker has exited, which it does once its calls have ended.
async fn gone(pid: u32) {
    let process = format!("/proc/{pid}");
    let gone = async {
        while std::path::Path::new(&process).exists() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, gone).await.expect("the cell exits");
}

/// One of three workers is lost with all its processes, as if its machine had failed: the others
/// take its rooms once the server has noticed that the agents are gone.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a quiet machine; run `make soak`"]
async fn a_fleet_of_three_loses_a_machine() {
    let _alone = ALONE.lock().await;
    let mut fleet = Fleet::called_by_nine().await;
    fleet.serves(9).await;
    let killed = fleet.workers.remove(1);
    let calls = metric(&killed.health(), "lk_agents_active_job_count").await;
    let cells = killed.cells();
    killed.kill().await;
    for cell in cells {
        signal("-KILL", cell).await;
    }
    let died = clock::now();
    let served = async {
        while fleet.calls().await < 9.0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(WITHIN, served)
        .await
        .expect("the other workers take over");
    println!(
        "a worker with {calls} calls was killed with its cells; taken over after {:.1} s",
        died.elapsed().as_secs_f64()
    );
    fleet.has_one_agent_in_each_room().await;
}
