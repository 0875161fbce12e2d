//! What a LiveKit server is asked about its rooms.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use livekit_protocol as proto;
use parking_lot::Mutex;
use parlor_core::dispatch::{JobType, NAME_ATTRIBUTE, Settings};
use parlor_core::secret::Private;
use parlor_core::waiting_rooms::{DispatchView, Listing, Outcome, View};
use proto::participant_info::{Kind, State};

use crate::config::LiveKit;
use crate::livekit_server::{LiveKitServer, ServerError};
use crate::ops::WorkerStatus;

use super::notice;

/// How long one answer of the server may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Dispatches that were deleted and could not be made anew yet.
const UNMADE: usize = 64;

/// Attributes that hold an agent's name: as workers set it, and as the server does.
const NAME_ATTRIBUTES: [&str; 2] = [NAME_ATTRIBUTE, "lk.agent_name"];

/// The server's interface for rooms and dispatches, and whose dispatches matter.
#[derive(Debug)]
pub(super) struct Server {
    api: LiveKitServer,
    agent_name: String,
    deployment: String,
    job_type: JobType,
    /// Deleted, by room, and not made anew because the server failed in between.
    unmade: Mutex<HashMap<String, proto::AgentDispatch>>,
    status: Arc<WorkerStatus>,
}

impl Server {
    /// # Errors
    /// [`ServerError::Unreachable`]: HTTP cannot be set up.
    pub(super) fn new(
        livekit: &LiveKit,
        settings: &Settings,
        status: Arc<WorkerStatus>,
    ) -> Result<Self, ServerError> {
        Ok(Self {
            api: LiveKitServer::new(livekit)?.within(ANSWER_WITHIN),
            agent_name: settings.agent_name.clone(),
            deployment: settings.deployment.clone(),
            job_type: settings.job_type,
            unmade: Mutex::default(),
            status,
        })
    }

    /// Every room.
    pub(super) async fn list(&self) -> Result<Vec<Listing>, ServerError> {
        self.status.asked("list_rooms");
        let rooms = self.api.list_rooms(Vec::new()).await?;
        let listing = |room: proto::Room| Listing {
            room: room.name,
            sid: room.sid,
            made: room.creation_time,
            participants: room.num_participants,
            publishers: room.num_publishers,
        };
        Ok(rooms.into_iter().map(listing).collect())
    }

    /// Who is in `room`, and, if that matters, what was dispatched to it.
    pub(super) async fn look(&self, room: &str) -> Result<View, ServerError> {
        self.status.asked("list_participants");
        let there = self.api.list_participants(room).await?;
        let there = there.iter().filter(|it| it.state() != State::Disconnected);
        let is_agent = |it: &&proto::ParticipantInfo| it.kind() == Kind::Agent;
        let (agents, others): (Vec<_>, Vec<_>) = there.partition(is_agent);
        let callers = others.iter().filter(|it| self.is_caller(it)).count();
        let has_agent = agents.iter().any(|it| name(it) == self.agent_name);
        let dispatches = match callers > 0 && !has_agent {
            true => self.ours(room).await?,
            false => Vec::new(),
        };
        let mut unmade = self.unmade.lock();
        if callers == 0 || has_agent || !dispatches.is_empty() {
            unmade.remove(room);
        }
        let dispatches = dispatches.iter().chain(unmade.get(room));
        Ok(View {
            callers,
            has_agent,
            dispatches: dispatches.map(view).collect(),
        })
    }

    /// The dispatches in `room` that ask for this worker.
    async fn ours(&self, room: &str) -> Result<Vec<proto::AgentDispatch>, ServerError> {
        self.status.asked("list_dispatch");
        let mut all = self.api.list_dispatch(room).await?;
        all.retain(|it| it.agent_name == self.agent_name && it.deployment == self.deployment);
        Ok(all)
    }

    /// Deletes a dispatch and makes it anew: whoever deletes it has the room.
    pub(super) async fn claim(&self, room: &str, id: &str) -> Result<Outcome, ServerError> {
        let unmade = self.unmade.lock().get(room).cloned();
        if let Some(old) = unmade.filter(|it| it.id == id) {
            return self.dispatch(room, old).await;
        }
        let all = self.ours(room).await?;
        let Some(old) = all.into_iter().find(|it| it.id == id) else {
            return Ok(Outcome::Lost);
        };
        self.status.asked("delete_dispatch");
        match self.api.delete_dispatch(id, room).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() => return Ok(Outcome::Lost),
            Err(error) => {
                // It may have been deleted all the same: the next look shows.
                self.keep(room, old);
                return Err(error);
            }
        }
        self.keep(room, old.clone());
        self.dispatch(room, old).await
    }

    async fn dispatch(
        &self,
        room: &str,
        old: proto::AgentDispatch,
    ) -> Result<Outcome, ServerError> {
        let new = proto::CreateAgentDispatchRequest {
            agent_name: old.agent_name,
            room: room.to_owned(),
            metadata: old.metadata,
            restart_policy: old.restart_policy,
            deployment: old.deployment,
            attributes: old.attributes,
        };
        self.status.asked("create_dispatch");
        let new = self.api.create_dispatch(new).await?;
        self.unmade.lock().remove(room);
        tracing::info!(%room, old = %old.id, new = %new.id, "a room without an agent was dispatched again");
        Ok(Outcome::Dispatched)
    }

    fn keep(&self, room: &str, old: proto::AgentDispatch) {
        let mut unmade = self.unmade.lock();
        if unmade.len() < UNMADE {
            unmade.insert(room.to_owned(), old);
        } else {
            tracing::warn!(%room, "a deleted dispatch is not kept: too many wait to be made again");
        }
    }

    /// Shows `line` to those in `room` who wait.
    pub(super) async fn write(
        &self,
        room: &str,
        line: &Private<String>,
    ) -> Result<(), ServerError> {
        self.status.asked("send_data");
        let message = notice::busy(room, &self.agent_name, line);
        self.api.send_data(message).await
    }

    /// Deletes a dispatch for good.
    pub(super) async fn retire(&self, room: &str, id: &str) -> Result<(), ServerError> {
        self.status.asked("delete_dispatch");
        self.api.delete_dispatch(id, room).await?;
        Ok(())
    }

    /// Whether an agent would come for this participant.
    fn is_caller(&self, participant: &proto::ParticipantInfo) -> bool {
        let is_person = matches!(
            participant.kind(),
            Kind::Standard | Kind::Sip | Kind::Connector
        );
        let may = participant.permission.as_ref();
        let may_speak = may.is_none_or(|it| it.can_publish && !it.hidden);
        let is_meant = self.job_type != JobType::Publisher || participant.is_publisher;
        is_person && may_speak && is_meant
    }
}

fn view(dispatch: &proto::AgentDispatch) -> DispatchView {
    DispatchView {
        id: dispatch.id.clone(),
        jobs: dispatch.state.as_ref().map_or(0, |it| it.jobs.len()),
        is_once: dispatch.restart_policy() == proto::JobRestartPolicy::JrpNever,
    }
}

fn name(agent: &proto::ParticipantInfo) -> &str {
    let mut names = NAME_ATTRIBUTES
        .iter()
        .filter_map(|it| agent.attributes.get(*it));
    names.next().map_or("", String::as_str)
}
