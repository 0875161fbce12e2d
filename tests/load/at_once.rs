//! Callers who join rooms of their own at the same moment: who gets an agent, when, and whether
//! anybody gets two.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use livekit_api::services::room::RoomClient;
use livekit_protocol::participant_info::Kind;
use parlor::clock;
use parlor::room::Caller;
use parlor::sim;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::ALONE;
use super::bench::{Bench, Worker};
use super::pages::{metric, reaches};
use super::worker::{SOON, signal};

/// Without another agent in this time, whoever waits has to wait for a slot.
const STEADY: Duration = Duration::from_secs(6);

/// No caller waits longer than this for a free slot, however busy the machine is.
const WITHIN: Duration = Duration::from_secs(60);

/// What happens to callers.
struct Crowd {
    began: Instant,
    rooms: Vec<String>,
    /// Callers who have their agent, as it comes; each ends when it is let go.
    served: mpsc::Receiver<(usize, Caller, Instant)>,
    joining: JoinSet<()>,
}

impl Crowd {
    /// So many callers in rooms of their own, all at the same moment.
    fn join(bench: &Bench, callers: usize, prefix: &str) -> Self {
        let (tell, served) = mpsc::channel(callers);
        let mut joining = JoinSet::new();
        let rooms: Vec<_> = (0..callers).map(|it| format!("{prefix}-{it}")).collect();
        for (number, room) in rooms.iter().enumerate() {
            let (livekit, token) = (bench.livekit.clone(), bench.token(room, "ada"));
            let tell = tell.clone();
            joining.spawn(async move {
                let caller = Caller::join(&livekit, &token).await.unwrap();
                let mut state = caller.agent_state();
                state.wait_for(|it| !it.is_empty()).await.unwrap();
                tell.send((number, caller, clock::now())).await.ok();
            });
        }
        Self {
            began: clock::now(),
            rooms,
            served,
            joining,
        }
    }

    /// The next caller who has an agent.
    async fn next(&mut self, within: Duration) -> Option<(usize, Caller, Instant)> {
        timeout(within, self.served.recv()).await.ok().flatten()
    }
}

/// The agents in a room.
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

/// What came of a run.
#[derive(Debug)]
struct Figures {
    /// Who had an agent before anybody hung up.
    at_first: Vec<Duration>,
    /// From a hang-up to the next agent.
    after_a_hang_up: Vec<Duration>,
    never: usize,
    doubles: usize,
}

/// All callers at once; then, as long as somebody waits, one after the other hangs up.
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

/// Six slots, ten callers: four wait, and each gets an agent when one hangs up.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_slot_gets_the_next_one_that_is_free() {
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
    daemon
        .writes_often("waiting room has its agent", 4)
        .await;
    let asked = |request: &str| format!("parlor_room_requests_total{{request=\"{request}\"}}");
    assert!((metric(&pages, &asked("send_data")).await - 4.0).abs() < f64::EPSILON);
    assert!(metric(&pages, "parlor_rooms_waiting").await < 0.5);
    let served = "parlor_room_wait_seconds_count{outcome=\"served\"}";
    assert!((metric(&pages, served).await - 4.0).abs() < f64::EPSILON);
    end(daemon).await;
}

/// With the defaults of `parlor start`: the machine's load counts.
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
            "{callers} callers, run {run}: {} at once ({}), {} after a hang-up ({}), {} never, {} twice; full {full} times, {refused} refused",
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
#[ignore = "on a quiet machine: make soak"]
async fn ten_callers_at_once() {
    with_defaults(10, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "on a quiet machine: make soak"]
async fn thirteen_callers_at_once() {
    with_defaults(13, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "on a quiet machine: make soak"]
async fn thirty_callers_at_once() {
    with_defaults(30, 5).await;
}

/// Three workers, and callers in nine rooms.
struct Fleet {
    bench: Bench,
    workers: Vec<Worker>,
    crowd: Crowd,
    with_agent: Vec<Caller>,
    /// When each of them had it.
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

    /// Waits until so many callers have had an agent.
    async fn serves(&mut self, callers: usize) {
        while self.with_agent.len() < callers {
            let (_, caller, at) = self.crowd.next(WITHIN).await.expect("an agent comes");
            self.with_agent.push(caller);
            self.at.push(at);
        }
    }

    /// Calls of the workers that live.
    async fn calls(&self) -> f64 {
        let mut calls = 0.0;
        for worker in &self.workers {
            calls += metric(&worker.health(), "lk_agents_active_job_count").await;
        }
        calls
    }

    /// For ten seconds no room has two agents, and then each has one; all ends well.
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

/// One worker of three is killed while callers join: its calls go on in its cells, and whoever has
/// no agent yet gets one of another worker.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "on a quiet machine: make soak"]
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

/// A process of a worker that was killed ends by itself when its calls do.
async fn gone(pid: u32) {
    let process = format!("/proc/{pid}");
    let gone = async {
        while std::path::Path::new(&process).exists() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, gone).await.expect("the cell ends");
}

/// One worker of three is lost with all its processes, as with its machine: the others take its
/// rooms once the server finds the agents gone.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "on a quiet machine: make soak"]
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
    timeout(WITHIN, served).await.expect("the others take over");
    println!(
        "a worker with {calls} calls was killed with its cells; the others had all after {:.1} s",
        died.elapsed().as_secs_f64()
    );
    fleet.has_one_agent_in_each_room().await;
}
