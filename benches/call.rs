//! Compares one call with a bare participant on the same native core: `make bench`.
//!
//! `parlor join` bridges a caller to the simulator; in another room, a bare program sends looped
//! speech and reads its caller's audio. In both rooms, both sides speak all the time. Both programs
//! are measured over the same period; only their ratio is meaningful.
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]

mod bare;
mod process;

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use parlor::demo::Server;
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::room::Caller;
use parlor_livekit::token::{Grant, Kind, mint};
use parlor_sim as sim;
use parlor_sim::{Scenario, Simulator, clips};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use process::Usage;

/// Warm-up time, until both calls are in a steady state.
const WARM_UP: Duration = Duration::from_secs(6);

/// Duration of the measurement. The simulator's reply lasts a minute.
const MEASURED: Duration = Duration::from_secs(40);

/// Deadline for the start of a call.
const BEGINS_WITHIN: Duration = Duration::from_secs(20);

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, program, url, token] if program == "bare" => bare::run(url, token),
        _ => runtime.block_on(compare()),
    }
}

async fn compare() -> anyhow::Result<()> {
    let server = Server::start(None).await?;
    let simulator = Simulator::bind(sim::Options {
        // Disables barge-in, so that both sides keep speaking.
        barge_in: Duration::from_secs(3600),
        scenarios: vec![
            Scenario::bundled("long-greeting")
                .context("the built-in scenario `long-greeting` is missing")?,
        ],
        ..sim::Options::default()
    })
    .await?;
    let api = format!("ws://{}", simulator.addr());
    let mut tasks = JoinSet::new();
    tasks.spawn(simulator.run(std::future::pending()));

    let livekit = server.livekit();
    let parlor = parlor(livekit, &api)?;
    let bare = bare(livekit)?;
    for room in ["parlor", "bare"] {
        let token = token(livekit, room, "caller", Kind::Caller)?;
        let caller = Caller::join(livekit, &token).await?;
        tasks.spawn(talk(caller));
    }
    sleep(WARM_UP).await;
    let before = [Usage::of(&parlor)?, Usage::of(&bare)?];
    sleep(MEASURED).await;
    let [parlor, bare] = [
        Usage::of(&parlor)?.since(&before[0]),
        Usage::of(&bare)?.since(&before[1]),
    ];
    println!("one call, both sides speaking, {} s", MEASURED.as_secs());
    println!("parlor join  {}", parlor.over(MEASURED));
    println!("bare         {}", bare.over(MEASURED));
    println!("cpu ratio    {:.2}", parlor.ratio(&bare));
    server.stop().await;
    Ok(())
}

/// Starts the worker as a user would.
fn parlor(livekit: &LiveKit, api: &str) -> anyhow::Result<Child> {
    Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(["join", "--room", "parlor"])
        .env("LIVEKIT_URL", &livekit.url)
        .env("LIVEKIT_API_KEY", &livekit.api_key)
        .env("LIVEKIT_API_SECRET", livekit.api_secret.reveal())
        .env("ASSEMBLYAI_BASE_URL", api)
        .env("ASSEMBLYAI_API_KEY", "bench")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start parlor")
}

/// Starts this program again, as the bare participant.
fn bare(livekit: &LiveKit) -> anyhow::Result<Child> {
    let token = token(livekit, "bare", "agent", Kind::Agent)?;
    Command::new(std::env::current_exe()?)
        .args(["bare", &livekit.url, token.reveal()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start the bare participant")
}

/// Speaks until the room ends.
async fn talk(mut caller: Caller) {
    let mut state = caller.agent_state();
    // The bare program has only the agent state that its token sets.
    let speaks = state.wait_for(|state| !state.is_empty());
    timeout(BEGINS_WITHIN, speaks)
        .await
        .expect("no agent joined in time")
        .expect("the room ended early");
    let clip = clips::find("caller-long").expect("the clip is built in");
    let samples = clip.samples();
    while caller.say(&samples).await.is_ok() {}
}

fn token(livekit: &LiveKit, room: &str, identity: &str, kind: Kind) -> anyhow::Result<Secret> {
    let grant = Grant {
        room,
        identity,
        name: identity,
        kind,
        valid: Duration::from_secs(600),
    };
    mint(livekit, &grant).context("cannot create a token")
}
