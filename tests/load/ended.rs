//! Every way in which a call can end, and the resources of the cells after many of each.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs};

use livekit_api::services::room::RoomClient;
use livekit_protocol::participant_info::Kind;
use parlor_livekit::room::Caller;
use parlor_sim as sim;
use parlor_sim::Scenario;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::ALONE;
use super::bench::{Bench, SOON, Worker, agent_file};
use super::pages::get;

/// Concurrent calls.
const AT_ONCE: usize = 4;

/// Timeout for a batch of calls to end.
const WITHIN: Duration = Duration::from_secs(600);

/// Calls before the resources are counted for the first time.
const WARM_UP: usize = 24;

/// How long an idle cell is observed.
const IDLE: Duration = Duration::from_secs(3);

/// How often the resources are counted again if they have grown.
const SETTLES: usize = 4;

/// The thread pools of the native core grow late: only more than one thread or file for this many
/// calls counts as a leak.
const CALLS_A_THREAD: u64 = 5;

/// Memory that the native core keeps for each call, in kB: it grows by 520 to 590 kB a call, however
/// many there have been. A cell is retired after `--cell-calls` calls because of that.
const KEPT_BY_CORE: u64 = 600;

/// Memory that the allocator may take in addition, in kB.
const ALLOWANCE: u64 = 12_288;

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The caller hangs up.
    CallerLeaves,
    /// The caller is removed from the room.
    CallerRemoved,
    /// The agent is removed from the room.
    AgentRemoved,
    /// The room is deleted.
    RoomDeleted,
    /// Another participant joins with the agent's identity.
    AgentReplaced,
    /// The dispatch is deleted.
    DispatchDeleted,
    /// A limit is reached: the agent hangs up on the caller.
    Limit,
    /// A limit is reached: the agent deletes the room.
    LimitDeletesRoom,
    /// The Voice Agent API refuses the session.
    NoVoice,
    /// The Voice Agent API closes every connection.
    VoiceLost,
}

/// Ways that need neither an agent file nor a simulator of their own.
const PLAIN: [Way; 6] = [
    Way::CallerLeaves,
    Way::CallerRemoved,
    Way::AgentRemoved,
    Way::RoomDeleted,
    Way::AgentReplaced,
    Way::DispatchDeleted,
];

/// All other ways.
const SPECIAL: [Way; 4] = [
    Way::Limit,
    Way::LimitDeletesRoom,
    Way::NoVoice,
    Way::VoiceLost,
];

impl Way {
    fn agent(self) -> Option<PathBuf> {
        let limits = match self {
            Self::Limit => "[limits]\nduration = 2\n",
            Self::LimitDeletesRoom => "[limits]\nduration = 2\ndismiss = \"room\"\n",
            _ => return None,
        };
        let text = format!("greeting = \"Hello.\"\n{limits}");
        Some(agent_file(&format!("ended-{self:?}.toml"), &text))
    }

    fn simulator(self) -> sim::Options {
        let name = match self {
            Self::NoVoice => "handshake-401.toml",
            Self::VoiceLost => "close-for-ever.toml",
            _ => return sim::Options::default(),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
        sim::Options {
            scenarios: vec![Scenario::read(&folder.join(name)).unwrap()],
            ..sim::Options::default()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_eight_calls_ended_in_six_ways_leave_the_cell_as_it_was() {
    let _alone = ALONE.lock().await;
    assert_eq!(grown(&PLAIN, 8).await, None);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run `make soak`"]
async fn fifty_calls_ended_in_each_way_leave_the_cell_as_it_was() {
    let _alone = ALONE.lock().await;
    let mut all = Vec::new();
    for way in PLAIN.iter().chain(&SPECIAL) {
        all.extend(grown(&[*way], 50).await);
    }
    assert_eq!(all, Vec::<String>::new());
}

/// Ends `calls` calls in each of these ways, in one worker. Returns what has grown, if anything.
async fn grown(ways: &[Way], calls: usize) -> Option<String> {
    let bench = Bench::start(ways[0].simulator()).await;
    let file = ways[0].agent();
    let mut flags = vec!["--rooms-per-cell", "16", "--cell-calls", "100000"];
    if let Some(file) = &file {
        flags.extend(["--agent", file.to_str().unwrap()]);
    }
    let mut daemon = bench.quiet_daemon(&flags).await;
    let mut number = 0;
    // Warm-up: starts the thread pools and fills the caches of the native core.
    for way in ways {
        end(&bench, &daemon, *way, WARM_UP / ways.len(), &mut number).await;
    }
    let before = Count::of(&daemon).await;
    for way in ways {
        end(&bench, &daemon, *way, calls, &mut number).await;
    }
    let calls = calls * ways.len();
    let after = Count::settled(&daemon, &before, calls as u64).await;
    println!("{ways:?}, {calls} calls\n  before {before}\n  after  {after}");
    daemon.terminate().await;
    assert!(daemon.end().await.success(), "{}", daemon.wrote());
    let fits = after.fits(&before, calls as u64);
    (!fits).then(|| format!("{ways:?}: {before}, then {after}"))
}

/// Ends `calls` calls in this way, a few at once.
async fn end(bench: &Bench, daemon: &Worker, way: Way, calls: usize, number: &mut usize) {
    let pages = daemon.health();
    let mut left = calls;
    while left > 0 {
        let at_once = left.min(AT_ONCE);
        let ended = ended(&pages).await + at_once;
        let rooms: Vec<_> = (0..at_once)
            .map(|nth| format!("room-{}", *number + nth))
            .collect();
        *number += at_once;
        left -= at_once;
        let mut joining = JoinSet::new();
        for room in &rooms {
            let (livekit, token) = (bench.livekit.clone(), bench.token(room, "ada"));
            let room = room.clone();
            joining.spawn(async move {
                let caller = Caller::join(&livekit, &token).await.unwrap();
                (room, caller)
            });
        }
        let mut stay = Vec::new();
        while let Some(joined) = joining.join_next().await {
            let (room, caller) = joined.unwrap();
            stay.extend(end_one(bench, way, &room, caller).await);
        }
        let all_ended = timeout(WITHIN, async {
            while self::ended(&pages).await < ended {
                sleep(Duration::from_millis(100)).await;
            }
        });
        all_ended.await.expect("all calls end in time");
        for caller in stay {
            caller.leave().await;
        }
    }
}

/// Ends one call; returns the callers who must leave the room afterwards.
async fn end_one(bench: &Bench, way: Way, room: &str, caller: Caller) -> Vec<Caller> {
    if matches!(way, Way::NoVoice | Way::VoiceLost) {
        return vec![caller];
    }
    let mut state = caller.agent_state();
    let there = state.wait_for(|it| it == "listening" || it == "speaking");
    let is_there = timeout(SOON, there).await.is_ok_and(|it| it.is_ok());
    assert!(is_there, "{way:?}: no agent in {room}");
    let rooms = rooms(bench);
    match way {
        Way::CallerLeaves => {
            caller.leave().await;
            return Vec::new();
        }
        Way::CallerRemoved => rooms.remove_participant(room, "ada").await.unwrap(),
        Way::AgentRemoved => {
            let agent = agent_in(&rooms, room).await;
            rooms.remove_participant(room, &agent).await.unwrap();
        }
        Way::RoomDeleted => rooms.delete_room(room).await.unwrap(),
        Way::AgentReplaced => {
            let agent = agent_in(&rooms, room).await;
            return vec![caller, bench.caller_in(room, &agent).await];
        }
        Way::DispatchDeleted => {
            let dispatches = bench.dispatches();
            let all = dispatches.list_dispatch(room).await.unwrap();
            let dispatch = all[0].id.clone();
            dispatches.delete_dispatch(dispatch, room).await.unwrap();
        }
        Way::Limit | Way::LimitDeletesRoom | Way::NoVoice | Way::VoiceLost => {}
    }
    vec![caller]
}

fn rooms(bench: &Bench) -> RoomClient {
    let (livekit, secret) = (&bench.livekit, bench.livekit.api_secret.reveal());
    RoomClient::with_api_key(&livekit.http_url(), &livekit.api_key, secret)
}

async fn agent_in(rooms: &RoomClient, room: &str) -> String {
    let all = rooms.list_participants(room).await.unwrap();
    let mut agents = all.into_iter().filter(|it| it.kind() == Kind::Agent);
    agents.next().expect("the agent is in the room").identity
}

/// Number of calls that have ended, with any outcome.
async fn ended(pages: &str) -> usize {
    let (_, page) = get(pages, "/metrics").await;
    let lines = page
        .lines()
        .filter(|line| line.starts_with("parlor_calls_total{"));
    let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.sum::<f64>() as usize
}

/// Resources of the cells of a worker.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    threads: u64,
    sources: u64,
    files: u64,
    /// Resident memory in kB.
    memory: u64,
    /// CPU time without a call, in thousandths of one core.
    idle: u64,
}

impl Count {
    /// Counts the resources once the threads of ended calls are gone and the cells are idle.
    async fn of(daemon: &Worker) -> Self {
        sleep(IDLE).await;
        let cells = cells(daemon);
        assert!(!cells.is_empty(), "the worker has a cell");
        let ticks = |cells: &[u32]| cells.iter().map(|it| ticks(*it)).sum::<u64>();
        let before = ticks(&cells);
        sleep(IDLE).await;
        let used = ticks(&cells) - before;
        let mut count = Self {
            idle: used * 10 * 1_000 / (IDLE.as_millis() as u64),
            ..Self::default()
        };
        for cell in cells {
            let threads = fs::read_dir(format!("/proc/{cell}/task")).unwrap();
            for thread in threads.flatten() {
                let name = fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
                count.threads += 1;
                count.sources += u64::from(name.trim() == "AudioSourceCapt");
            }
            count.files += fs::read_dir(format!("/proc/{cell}/fd")).unwrap().count() as u64;
            let status = fs::read_to_string(format!("/proc/{cell}/status")).unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let memory = line.unwrap().trim().trim_end_matches(" kB");
            count.memory += memory.parse::<u64>().unwrap();
        }
        count
    }

    /// Counts again until the threads that the native core keeps for a while are gone.
    async fn settled(daemon: &Worker, before: &Self, calls: u64) -> Self {
        let mut count = Self::of(daemon).await;
        for _ in 0..SETTLES {
            if count.fits(before, calls) {
                break;
            }
            count = Self::of(daemon).await;
        }
        count
    }

    /// Audio sources may be kept for reuse: one for each concurrent call, and one for each call
    /// that was still ending when the next ones began.
    fn fits(&self, before: &Self, calls: u64) -> bool {
        let wobble = calls / CALLS_A_THREAD;
        self.sources <= 2 * AT_ONCE as u64
            && self.threads - self.sources <= before.threads - before.sources + wobble
            && self.files <= before.files + wobble
            && self.memory <= before.memory + calls * KEPT_BY_CORE + ALLOWANCE
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            threads,
            sources,
            files,
            memory,
            idle,
        } = self;
        let idle = *idle as f64 / 10.0;
        write!(
            f,
            "{threads} threads ({sources} of sources), {files} files, {memory} kB, {idle} % of a core idle"
        )
    }
}

/// Process IDs of a worker's cells.
fn cells(daemon: &Worker) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap();
    let children = tasks.map(|it| fs::read_to_string(it.unwrap().path().join("children")));
    let children: String = children.map(Result::unwrap).collect();
    let pids = children.split_whitespace().map(str::parse);
    pids.map(Result::unwrap).collect()
}

/// CPU time that a process has used, in hundredths of a second.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let mut fields = fields.split(' ').skip(11);
    let mut next = || fields.next().unwrap().parse::<u64>().unwrap();
    next() + next()
}
