//! Rounds through the server's rooms: dispatches whose agent is gone are made anew, so that some
//! worker is asked again. An open-source server does not do that by itself.

use std::sync::Arc;
use std::time::Duration;

use livekit_protocol as proto;
use parlor_core::dispatch::{NAME_ATTRIBUTE, Orphan, Orphans, RoomView};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::LiveKit;
use crate::livekit_server::{LiveKitServer, ServerError};
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
    server: LiveKitServer,
    orphans: Orphans,
}

impl Rounds {
    /// For the dispatches of one agent name.
    ///
    /// # Errors
    /// [`ServerError::Unreachable`]: HTTP cannot be set up.
    pub fn new(livekit: &LiveKit, agent_name: &str) -> Result<Self, ServerError> {
        Ok(Self {
            server: LiveKitServer::new(livekit)?.within(ANSWER_WITHIN),
            orphans: Orphans::new(agent_name),
        })
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

    async fn round(&mut self) -> Result<(), ServerError> {
        let mut views = Vec::new();
        for room in self.server.list_rooms(Vec::new()).await? {
            views.push(self.view(room.name).await?);
        }
        for orphan in self.orphans.look(&views) {
            self.dispatch_again(orphan).await?;
        }
        Ok(())
    }

    async fn view(&self, room: String) -> Result<RoomView, ServerError> {
        let participants = self.server.list_participants(&room).await?;
        let dispatches = self.server.list_dispatch(room.clone()).await?;
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
    async fn dispatch_again(&self, orphan: Orphan) -> Result<(), ServerError> {
        let Orphan { room, dispatch } = orphan;
        let old = self.server.delete_dispatch(&dispatch, &room).await?;
        let new = proto::CreateAgentDispatchRequest {
            agent_name: old.agent_name,
            room: room.clone(),
            metadata: old.metadata,
            attributes: old.attributes,
            ..proto::CreateAgentDispatchRequest::default()
        };
        let new = self.server.create_dispatch(new).await?;
        tracing::warn!(%room, old = %dispatch, new = %new.id, "a room had lost its agent");
        Ok(())
    }
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
