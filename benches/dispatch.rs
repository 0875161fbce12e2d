//! Latency of `parlor start` as seen by LiveKit's dispatch: `make bench-dispatch`.
//!
//! Measures from the start of the process to its registration, from a job offer to its answer on an
//! idle and on a busy machine, and from a dispatch to a listening agent. Asserts nothing.
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]

mod calls;
mod daemon;
mod figures;
mod offers;

use parlor::demo::Server;
use parlor_common::clock;
use parlor_sim as sim;
use parlor_sim::Simulator;

use daemon::{Daemon, REGISTERED, Setup};
use figures::Figures;

/// Number of times the process is started.
const STARTS: usize = 10;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    let server = Server::start(None).await?;
    let simulator = Simulator::bind(sim::Options::default()).await?;
    let setup = Setup {
        livekit: server.livekit().clone(),
        api: format!("ws://{}", simulator.addr()),
    };
    let simulation = tokio::spawn(simulator.run(std::future::pending()));

    println!("{}", Figures::HEAD);
    println!("{}", starts(&setup).await?.row("start to registered"));
    let offers = offers::measure(&setup).await?;
    println!("{}", offers.idle.row("offer to answer, idle"));
    println!("{}", offers.busy.row("offer to answer, cores busy"));
    let calls = calls::measure(&setup).await?;
    println!("{}", calls.accepted.row("dispatch to accepted"));
    println!("{}", calls.joined.row("dispatch to joined"));
    println!("{}", calls.listening.row("dispatch to listening"));
    println!(
        "{}",
        calls.accepted_to_listening.row("accepted to listening")
    );
    println!("{NOTES}");

    simulation.abort();
    server.stop().await;
    Ok(())
}

const NOTES: &str = "
start     from spawning `parlor start` to its log line \"registered\"; a real livekit-server
offer     from sending an AvailabilityRequest to reading its answer; a scripted server sends an offer
          every 10 ms; busy: one spinning thread per core
dispatch  from creating a dispatch with livekit-server's API, one call at a time, with the simulator:
          to the worker's log line \"job accepted\", and to the agent's state as seen by a caller
          who is already in the room: any (joined), then listening or speaking (listening)";

/// Measures from the start of the process to its registration.
async fn starts(setup: &Setup) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    for _ in 0..STARTS {
        let began = clock::now();
        let daemon = Daemon::start(setup, &[])?;
        let registered = daemon.writes(REGISTERED, 1).await?;
        figures.add(registered - began);
        daemon.end().await?;
    }
    Ok(figures)
}
