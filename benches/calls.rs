//! Latency from a dispatch to a listening agent, against a real livekit-server.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_protocol::CreateAgentDispatchRequest;
use parlor_common::clock;
use parlor_livekit::LiveKit;
use parlor_livekit::room::Caller;
use parlor_livekit::token::{Grant, Kind, mint};
use tokio::time::timeout;

use crate::daemon::{Daemon, REGISTERED, SOON, Setup};
use crate::figures::Figures;

/// Number of calls, made one after another.
const CALLS: usize = 30;

/// Agent name of the dispatches.
const AGENT: &str = "bench";

/// Part of the log line of an accepted job.
const ACCEPTED: &str = "\"job accepted\"";

/// Part of the log line of an ended call.
const ENDED: &str = "\"outcome\":";

/// Latencies of the steps that follow a dispatch.
#[derive(Default)]
pub(crate) struct Calls {
    /// From the dispatch to the worker's acceptance of the job.
    pub(crate) accepted: Figures,
    /// From the dispatch until the caller sees an agent in any state.
    pub(crate) joined: Figures,
    /// From the dispatch until the caller sees an agent that is listening, or already speaking,
    /// because a short-lived state may go unseen.
    pub(crate) listening: Figures,
    /// From the acceptance of the job to a listening agent.
    pub(crate) accepted_to_listening: Figures,
}

/// Measures all calls.
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
        let (accepted, joined, listening, ()) = tokio::try_join!(
            daemon.writes(ACCEPTED, number),
            reached(&caller, |state| !state.is_empty()),
            reached(&caller, |state| matches!(state, "listening" | "speaking")),
            dispatch(&dispatches, room),
        )?;
        calls.accepted.add(accepted - began);
        calls.joined.add(joined - began);
        calls.listening.add(listening - began);
        calls.accepted_to_listening.add(listening - accepted);
        caller.leave().await;
        // Wait, so that the next call has the machine to itself.
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

/// Waits until the caller sees a matching agent state; returns the time at which it did.
async fn reached(caller: &Caller, is_it: impl Fn(&str) -> bool) -> anyhow::Result<Instant> {
    let mut state = caller.agent_state();
    let seen = timeout(SOON, state.wait_for(|state| is_it(state))).await;
    ensure!(
        seen.is_ok_and(|seen| seen.is_ok()),
        "the agent's state is {:?} after {} s",
        *state.borrow(),
        SOON.as_secs()
    );
    Ok(clock::now())
}
