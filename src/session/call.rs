//! One call from join to leave.

use std::sync::Arc;
use std::time::Duration;

use parlor_core::conversation::{Checkpoint, Event, Outcome, Settings};
use parlor_core::secret::Secret;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::agent_store::AgentSnapshot;
use crate::clock;
use crate::config::LiveKit;
use crate::report::{CallHead, CallReport, FINISH_WITHIN};
use crate::room::{JoinError, Room};
use crate::voice_agent::{Endpoint, Inbox};

use super::call_context::CallContext;
use super::edges::CLOSE_WITHIN;
use super::monitoring::Monitoring;
use super::{CallEdges, Inputs, JobData, Observer, Tally, Watch, run};

/// How long whoever follows a call may take to let it go.
const RELEASED_WITHIN: Duration = Duration::from_secs(3);

/// How long the room may take to be left.
const ROOM_WITHIN: Duration = Duration::from_secs(4);

/// From the outcome of a call until its room is left and its report written, at most.
pub const LEAVES_WITHIN: Duration = RELEASED_WITHIN
    .saturating_add(CLOSE_WITHIN)
    .saturating_add(ROOM_WITHIN);

const _: () = assert!(FINISH_WITHIN.as_millis() <= LEAVES_WITHIN.as_millis());

/// What a call needs.
#[derive(Debug)]
pub struct Call {
    /// LiveKit's address, and what opens its API.
    pub livekit: LiveKit,
    /// Opens one room, for one identity.
    pub token: Secret,
    /// The Voice Agent API.
    pub agent: Endpoint,
    /// What the agent is, now and when it changes.
    pub present: watch::Receiver<Arc<AgentSnapshot>>,
    /// What dispatch tells of it.
    pub job: JobData,
    /// What else one call is told; what the agent's file says comes on top.
    pub settings: Settings,
    /// Who else wants to know what happens.
    pub watch: Option<Watch>,
    /// Where counts go besides the log.
    pub tally: Tally,
    /// Who follows the call and lets it go.
    pub stages: Option<Stages>,
}

/// The stages of a call, for whoever reports them elsewhere.
#[derive(Debug)]
pub struct Stages {
    /// Told when the room is joined, with what opens it from then on.
    pub joined: oneshot::Sender<watch::Receiver<Secret>>,
    /// Where another process could go on; the latest counts.
    pub checkpoints: watch::Sender<Checkpoint>,
    /// Told how the call ended, before the room is left.
    pub ended: oneshot::Sender<Outcome>,
    /// The room is left once this is told or dropped, or after 3 s.
    pub release: oneshot::Receiver<()>,
}

impl Call {
    /// A call that nobody dispatched, and that nobody else watches.
    pub fn new(
        livekit: LiveKit,
        token: Secret,
        agent: Endpoint,
        present: watch::Receiver<Arc<AgentSnapshot>>,
    ) -> Self {
        Self {
            livekit,
            token,
            agent,
            present,
            job: JobData::default(),
            settings: Settings::default(),
            watch: None,
            tally: Tally::default(),
            stages: None,
        }
    }

    /// Joins the room, talks until the call is over, and leaves.
    ///
    /// # Errors
    /// [`JoinError`] when the room could not be joined. How the call itself ended is an
    /// [`Outcome`].
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
        tracing::info!("in the room");
        if let Some(joined) = joined {
            // Nobody follows any more: the call goes on.
            joined.send(inbox.token.clone()).ok();
        }
        let (connections, agent) = Inbox::new();
        let who = self.present.borrow().agent.clone();
        let settings = own(self.settings, &who.settings, checkpoints.is_some());
        inbox.mic.hear(settings.hear);
        room.accompany(who.soundtrack);
        let head = CallHead {
            id: self.job.report_id(),
            room: room.name(),
            agent: who.name,
            continued: settings.resume.is_some(),
        };
        let report = who.reports.is_on().then(|| who.reports.begin(head));
        if let Some(tap) = report.as_ref().and_then(CallReport::tap) {
            room.playout().tap(tap.clone());
            inbox.mic.tap(tap);
        }
        let observer = Observer::new(self.watch, self.tally).reporting(report);
        let call_context = CallContext::new(self.job, self.livekit, room.control(), self.present);
        let mut edges = CallEdges::new(room, self.agent, connections, call_context, observer);
        edges.watch(Monitoring::new(who.monitor, inbox.asked));
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

/// Who is told how a call ended, and who lets it go.
type Ending = (oneshot::Sender<Outcome>, oneshot::Receiver<()>);

/// Leaves the room and writes the report, side by side: a slow disk does not keep the agent in the
/// room.
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
        tracing::warn!("nobody let the call go in time");
    }
}

/// What one call is told, with what the agent's file says on top.
fn own(call: Settings, agent: &Settings, checkpoints: bool) -> Settings {
    Settings {
        checkpoints,
        barge_in: agent.barge_in,
        caller_wait: agent.caller_wait,
        caller_grace: agent.caller_grace,
        rejoin_grace: agent.rejoin_grace,
        hear: agent.hear,
        chat: agent.chat,
        dismiss: agent.dismiss,
        sounds: agent.sounds,
        caller: call.caller.or_else(|| agent.caller.clone()),
        ..call
    }
}
