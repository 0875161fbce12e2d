//! Requests to the LiveKit server about waiting rooms.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use livekit_protocol as proto;
use parking_lot::Mutex;
use parlor_core::dispatch::{JobType, NAME_ATTRIBUTE, Settings};
use parlor_core::secret::Private;
use parlor_core::waiting_rooms::{DispatchView, Listing, Outcome, View};
use parlor_livekit::LiveKit;
use parlor_livekit::server::{LiveKitServer, ServerError};

use super::notice;
use crate::ops::WorkerStatus;
use proto::participant_info::{Kind, State};

/// Timeout of one request.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Maximum number of deleted dispatches to remember until they can be recreated.
const UNMADE: usize = 64;

/// Participant attributes with an agent's name: the one that workers set, and the server's own.
const NAME_ATTRIBUTES: [&str; 2] = [NAME_ATTRIBUTE, "lk.agent_name"];

/// Client of the room and dispatch APIs, restricted to the dispatches that this worker serves.
#[derive(Debug)]
pub(super) struct Server {
    api: LiveKitServer,
    agent_name: String,
    deployment: String,
    job_type: JobType,
    /// Dispatches, by room, that were deleted but not recreated because a request failed.
    unmade: Mutex<HashMap<String, proto::AgentDispatch>>,
    status: Arc<WorkerStatus>,
}

impl Server {
    /// # Errors
    /// [`ServerError::Unreachable`] if the HTTP client cannot be created.
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

    /// Lists all rooms.
    pub(super) async fn list(&self) -> Result<Vec<Listing>, ServerError> {
        self.status.asked("list_rooms");
        let rooms = self.api.list_rooms(Vec::new()).await?;
        let listing = |room: proto::Room| Listing {
            room: room.name,
            sid: room.sid,
            // Older servers know only seconds.
            created_at: room.creation_time_ms.max(room.creation_time * 1_000),
            participants: room.num_participants,
            publishers: room.num_publishers,
        };
        Ok(rooms.into_iter().map(listing).collect())
    }

    /// Inspects `room`: its participants and, if it has callers but no agent, its dispatches.
    pub(super) async fn inspect(&self, room: &str) -> Result<View, ServerError> {
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

    /// Lists the dispatches in `room` that this worker serves.
    async fn ours(&self, room: &str) -> Result<Vec<proto::AgentDispatch>, ServerError> {
        self.status.asked("list_dispatch");
        let mut all = self.api.list_dispatch(room).await?;
        all.retain(|it| it.agent_name == self.agent_name && it.deployment == self.deployment);
        Ok(all)
    }

    /// Claims a room: deletes the dispatch and recreates it. Only one worker can delete it, and
    /// that worker has claimed the room.
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
                // It may have been deleted nevertheless; the next inspection shows.
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
        tracing::info!(
            %room, old = %old.id, new = %new.id,
            "dispatched the agent again to a waiting room"
        );
        Ok(Outcome::Dispatched)
    }

    fn keep(&self, room: &str, old: proto::AgentDispatch) {
        let mut unmade = self.unmade.lock();
        if unmade.len() < UNMADE {
            unmade.insert(room.to_owned(), old);
        } else {
            tracing::warn!(%room, "lost a deleted dispatch: too many are waiting to be recreated");
        }
    }

    /// Shows `line` to the callers waiting in `room`.
    pub(super) async fn write(
        &self,
        room: &str,
        line: &Private<String>,
    ) -> Result<(), ServerError> {
        self.status.asked("send_data");
        let message = notice::busy(room, &self.agent_name, line);
        self.api.send_data(message).await
    }

    /// Deletes a dispatch without recreating it.
    pub(super) async fn retire(&self, room: &str, id: &str) -> Result<(), ServerError> {
        self.status.asked("delete_dispatch");
        self.api.delete_dispatch(id, room).await?;
        Ok(())
    }

    /// Returns whether a job of this worker's type would be dispatched for this participant.
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
