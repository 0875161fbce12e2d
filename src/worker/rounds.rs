//! Rounds through the server's rooms: dispatches whose agent is gone are made anew, so that some
//! worker is asked again. An open-source server does not do that by itself.

use std::sync::Arc;
use std::time::Duration;

use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_api::services::room::RoomClient;
use livekit_api::services::{ServiceError, ServiceResult};
use livekit_protocol as proto;
use parlor_core::dispatch::{NAME_ATTRIBUTE, Orphan, Orphans, RoomView};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::config::LiveKit;
use crate::ops::Board;

/// Between two rounds.
const ROUND_EVERY: Duration = Duration::from_secs(10);

/// How long one answer of the server may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Attributes that hold an agent's name: as workers set it, and as the server does.
const NAME_ATTRIBUTES: [&str; 2] = [NAME_ATTRIBUTE, "lk.agent_name"];

/// Goes through the server's rooms.
#[derive(Debug)]
pub struct Rounds {
    rooms: RoomClient,
    dispatches: AgentDispatchClient,
    orphans: Orphans,
}

/// Why a round could not be made.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("{0}")]
    Refused(#[from] ServiceError),
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    Timeout,
}

impl Rounds {
    /// For the dispatches of one agent name.
    pub fn new(livekit: &LiveKit, agent_name: &str) -> Self {
        let (url, key) = (livekit.http_url(), &livekit.api_key);
        let secret = livekit.api_secret.reveal();
        Self {
            rooms: RoomClient::with_api_key(&url, key, secret),
            dispatches: AgentDispatchClient::with_api_key(&url, key, secret),
            orphans: Orphans::new(agent_name),
        }
    }

    /// Makes rounds while the worker takes calls; for ever.
    pub async fn run(mut self, board: Arc<Board>) {
        let mut rounds = interval(ROUND_EVERY);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            if !board.is_ready() {
                continue;
            }
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "the server's rooms could not be looked through");
            }
        }
    }

    async fn round(&mut self) -> Result<(), RoundError> {
        let mut views = Vec::new();
        for room in answer(self.rooms.list_rooms(Vec::new())).await? {
            views.push(self.view(room.name).await?);
        }
        for orphan in self.orphans.look(&views) {
            self.dispatch_again(orphan).await?;
        }
        Ok(())
    }

    async fn view(&self, room: String) -> Result<RoomView, RoundError> {
        let participants = answer(self.rooms.list_participants(&room)).await?;
        let dispatches = answer(self.dispatches.list_dispatch(room.clone())).await?;
        let (agents, others): (Vec<_>, Vec<_>) = participants
            .into_iter()
            .partition(|it| it.kind() == proto::participant_info::Kind::Agent);
        Ok(RoomView {
            callers: others.iter().filter(|it| is_caller(it)).count(),
            agents: agents.iter().map(name).collect(),
            dispatches: dispatches
                .into_iter()
                .map(|it| (it.id, it.agent_name))
                .collect(),
            room,
        })
    }

    /// Whoever takes the old one away makes the new one: of several workers only one can.
    async fn dispatch_again(&self, orphan: Orphan) -> Result<(), RoundError> {
        let Orphan { room, dispatch } = orphan;
        let old = answer(self.dispatches.delete_dispatch(&dispatch, &room)).await?;
        let new = proto::CreateAgentDispatchRequest {
            agent_name: old.agent_name,
            room: room.clone(),
            metadata: old.metadata,
            attributes: old.attributes,
            ..proto::CreateAgentDispatchRequest::default()
        };
        let new = answer(self.dispatches.create_dispatch(new)).await?;
        tracing::warn!(%room, old = %dispatch, new = %new.id, "a room had lost its agent");
        Ok(())
    }
}

async fn answer<T>(asked: impl Future<Output = ServiceResult<T>>) -> Result<T, RoundError> {
    let answered = timeout(ANSWER_WITHIN, asked).await;
    Ok(answered.map_err(|_elapsed| RoundError::Timeout)??)
}

fn is_caller(participant: &proto::ParticipantInfo) -> bool {
    use proto::participant_info::Kind;
    matches!(
        participant.kind(),
        Kind::Standard | Kind::Sip | Kind::Connector
    )
}

fn name(agent: &proto::ParticipantInfo) -> String {
    let name = NAME_ATTRIBUTES.map(|it| agent.attributes.get(it));
    name.into_iter()
        .flatten()
        .next()
        .cloned()
        .unwrap_or_default()
}
