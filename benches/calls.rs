//! From a dispatch to an agent that listens, against a real livekit-server.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_protocol::CreateAgentDispatchRequest;
use parlor::clock;
use parlor::config::LiveKit;
use parlor::room::Caller;
use parlor::token::{Grant, Kind, mint};
use tokio::time::timeout;

use crate::daemon::{Daemon, REGISTERED, SOON, Setup};
use crate::figures::Figures;

/// Calls, one after another.
const CALLS: usize = 30;

/// The name that dispatches ask for.
const AGENT: &str = "bench";

/// In the line that tells of an offer that was taken.
const TAKEN: &str = "\"job accepted\"";

/// In the line that tells of a call's end.
const ENDED: &str = "\"outcome\":";

/// From the dispatch to what follows from it.
#[derive(Default)]
pub(crate) struct Calls {
    /// The worker has said yes.
    pub(crate) taken: Figures,
    /// The caller sees an agent, in any state.
    pub(crate) joined: Figures,
    /// The caller sees one that listens; or speaks already, as a state that passes quickly may
    /// not be seen.
    pub(crate) listening: Figures,
    /// From the worker's yes to the agent that listens.
    pub(crate) of_worker: Figures,
}

/// Makes the calls.
pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Calls> {
    let daemon = Daemon::start(setup, &["--agent-name", AGENT])?;
    daemon.writes(REGISTERED, 1).await?;
    let livekit = &setup.livekit;
    let dispatches = AgentDispatchClient::with_api_key(
        &livekit.http_url(),
        &livekit.api_key,
        livekit.api_secret.reveal(),
    );
    let mut calls = Calls::default();
    for number in 1..=CALLS {
        let room = format!("bench-{number}");
        let caller = join(livekit, &room).await?;
        let began = clock::now();
        let (taken, joined, listening, ()) = tokio::try_join!(
            daemon.writes(TAKEN, number),
            reached(&caller, |state| !state.is_empty()),
            reached(&caller, |state| matches!(state, "listening" | "speaking")),
            dispatch(&dispatches, room),
        )?;
        calls.taken.add(taken - began);
        calls.joined.add(joined - began);
        calls.listening.add(listening - began);
        calls.of_worker.add(listening - taken);
        caller.leave().await;
        // The next call has the machine to itself.
        daemon.writes(ENDED, number).await?;
    }
    daemon.end().await?;
    Ok(calls)
}

async fn join(livekit: &LiveKit, room: &str) -> anyhow::Result<Caller> {
    let grant = Grant {
        room,
        identity: "caller",
        name: "caller",
        kind: Kind::Caller,
        valid: Duration::from_secs(60),
    };
    let token = mint(livekit, &grant)?;
    let joined = timeout(SOON, Caller::join(livekit, &token)).await;
    Ok(joined.context("the caller did not join in time")??)
}

async fn dispatch(dispatches: &AgentDispatchClient, room: String) -> anyhow::Result<()> {
    let request = CreateAgentDispatchRequest {
        agent_name: AGENT.to_owned(),
        room,
        ..CreateAgentDispatchRequest::default()
    };
    let dispatched = timeout(SOON, dispatches.create_dispatch(request)).await;
    dispatched.context("the server did not dispatch in time")??;
    Ok(())
}

/// Waits until the caller sees such a state of the agent's; when it did.
async fn reached(caller: &Caller, is_it: impl Fn(&str) -> bool) -> anyhow::Result<Instant> {
    let mut state = caller.agent_state();
    let seen = timeout(SOON, state.wait_for(|state| is_it(state))).await;
    ensure!(
        seen.is_ok_and(|seen| seen.is_ok()),
        "the agent is {:?} after {} s",
        *state.borrow(),
        SOON.as_secs()
    );
    Ok(clock::now())
}
