//! One call from join to leave.

use std::sync::Arc;
use std::time::Duration;

use parlor_common::{clock, random};
use parlor_core::conversation::{Checkpoint, Event, Outcome, Settings};
use parlor_core::dispatch::Job;
use parlor_core::secret::Secret;
use parlor_livekit::LiveKit;
use parlor_livekit::room::{JoinError, Room};
use parlor_report::{CallInfo, CallReport, FINISH_WITHIN};
use parlor_voice_agent::{Endpoint, Inbox};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::call_context::CallContext;
use super::edges::CLOSE_WITHIN;
use super::monitoring::Monitoring;
use super::{CallEdges, Inputs, Observer, Tally, Watch, run};
use crate::agent_store::AgentSnapshot;

/// How long to wait for the release of an ended call.
const RELEASED_WITHIN: Duration = Duration::from_secs(3);

/// How long leaving the room may take.
const ROOM_WITHIN: Duration = Duration::from_secs(4);

/// Maximum time from the outcome of a call until the agent has left the room and the report is
/// written.
pub const LEAVES_WITHIN: Duration = RELEASED_WITHIN
    .saturating_add(CLOSE_WITHIN)
    .saturating_add(ROOM_WITHIN);

const _: () = assert!(FINISH_WITHIN.as_millis() <= LEAVES_WITHIN.as_millis());

/// A call to run, with everything it needs.
#[derive(Debug)]
pub struct Call {
    /// URL and API key of the LiveKit server.
    pub livekit: LiveKit,
    /// Access token of the agent, for one room and one identity.
    pub token: Secret,
    /// Endpoint of the Voice Agent API.
    pub agent: Endpoint,
    /// The current agent and its changes.
    pub snapshots: watch::Receiver<Arc<AgentSnapshot>>,
    /// The job, unless the call was started without one.
    pub job: Option<Job>,
    /// Settings of this call; those of the agent file override them.
    pub settings: Settings,
    /// Optional receiver of the call's facts.
    pub watch: Option<Watch>,
    /// Counters of all calls of the process.
    pub tally: Tally,
    /// Channels for progress reports, if another component supervises the call.
    pub stages: Option<Stages>,
}

/// Channels that report the progress of a call and control when it leaves its room.
#[derive(Debug)]
pub struct Stages {
    /// Sent once the room is joined, with a channel of refreshed access tokens.
    pub joined: oneshot::Sender<watch::Receiver<Secret>>,
    /// The latest state from which another process could continue the call.
    pub checkpoints: watch::Sender<Checkpoint>,
    /// Sent when the call ends, before the agent leaves the room.
    pub ended: oneshot::Sender<Outcome>,
    /// The agent leaves the room once this is sent or dropped, or after 3 s.
    pub release: oneshot::Receiver<()>,
}

impl Call {
    /// Creates a call without a job and without supervision.
    pub fn new(
        livekit: LiveKit,
        token: Secret,
        agent: Endpoint,
        snapshots: watch::Receiver<Arc<AgentSnapshot>>,
    ) -> Self {
        Self {
            livekit,
            token,
            agent,
            snapshots,
            job: None,
            settings: Settings::default(),
            watch: None,
            tally: Tally::default(),
            stages: None,
        }
    }

    /// Joins the room, runs the conversation until it is over, and leaves.
    ///
    /// # Errors
    /// [`JoinError`] if the agent cannot join the room. If the call fails later, the [`Outcome`]
    /// says so.
    pub async fn run(self, mut control: mpsc::Receiver<Event>) -> Result<Outcome, JoinError> {
        let (joined, checkpoints, ending) = match self.stages {
            Some(Stages {
                joined,
                checkpoints,
                ended,
                release,
            }) => (Some(joined), Some(checkpoints), Some((ended, release))),
            None => (None, None, None),
        };
        let (mut room, mut inbox) = tokio::select! {
            joined = Room::join(&self.livekit, &self.token) => joined?,
            _ = control.recv() => return Ok(Outcome::Shutdown),
        };
        let began = clock::now();
        tracing::info!("joined the room");
        if let Some(joined) = joined {
            // If the receiver is gone, the call continues without supervision.
            joined.send(inbox.token.clone()).ok();
        }
        let (connections, agent) = Inbox::new();
        let current = self.snapshots.borrow().agent.clone();
        let settings = own(self.settings, &current.settings, checkpoints.is_some());
        inbox.mic.hear(settings.hear);
        room.publish_background(current.soundtrack);
        let call_info = CallInfo {
            id: self
                .job
                .as_ref()
                .map_or_else(|| random::random("call"), |job| job.id.to_string()),
            room: room.name(),
            agent: current.name,
            continued: settings.resume.is_some(),
        };
        let report = current
            .reports
            .is_on()
            .then(|| current.reports.begin(call_info));
        if let Some(tap) = report.as_ref().and_then(CallReport::tap) {
            room.playout().tap(tap.clone());
            inbox.mic.tap(tap);
        }
        let observer = Observer::new(self.watch, self.tally).reporting(report);
        let call_context = CallContext::new(self.job, self.livekit, room.control(), self.snapshots);
        let mut edges = CallEdges::new(room, self.agent, connections, call_context, observer);
        edges.watch(Monitoring::new(current.monitor, inbox.monitor_requests));
        let inputs = Inputs {
            control,
            agent,
            room: inbox.events,
            playout: inbox.playout,
            mic: inbox.mic,
        };
        edges.keep(checkpoints);
        let outcome = run(settings, &mut edges, inputs).await;
        let lasted = clock::now() - began;
        let observer = leave(edges, ending, &outcome).await;
        observer.ended(&outcome, lasted);
        Ok(outcome)
    }
}

/// Sender of the outcome, and receiver of the release.
type Ending = (oneshot::Sender<Outcome>, oneshot::Receiver<()>);

/// Leaves the room and writes the report concurrently, so that a slow disk does not keep the agent
/// in the room.
async fn leave(mut edges: CallEdges, ending: Option<Ending>, outcome: &Outcome) -> Observer {
    let report = edges.take_report();
    let reporting = async {
        if let Some(report) = report {
            report.finish(outcome).await;
        }
    };
    let leaving = async {
        if let Some((ended, release)) = ending {
            ended.send(outcome.clone()).ok();
            released(release).await;
        }
        edges.finish().await
    };
    tokio::join!(leaving, reporting).0
}

async fn released(release: oneshot::Receiver<()>) {
    if timeout(RELEASED_WITHIN, release).await.is_err() {
        tracing::warn!("the call was not released in time; leaving the room");
    }
}

/// The settings of the agent file, and what concerns only this call.
fn own(call: Settings, agent: &Settings, checkpoints: bool) -> Settings {
    Settings {
        agent_name: call.agent_name,
        second_agent: call.second_agent,
        caller: call.caller.or_else(|| agent.caller.clone()),
        resume: call.resume,
        checkpoints,
        ..agent.clone()
    }
}
