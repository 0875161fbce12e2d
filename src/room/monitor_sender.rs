//! Sends messages to those who watch the call, strictly one after the other: byte streams on
//! `lk.agent.session`. While nobody is there who could read them, nothing is sent or made.

use std::sync::Arc;
use std::time::Duration;

use livekit::id::ParticipantIdentity;
use livekit::participant::{ParticipantKind, RemoteParticipant};
use livekit::{Room, SendByteOptions};
use livekit_protocol::agent::session_response::{GetRtcStatsResponse, Response};
use parlor_core::ids::Identity;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::connection_stats;
use super::deadline::within;
use crate::monitor::{MonitorMessage, Outgoing, TOPIC, To};
use crate::random;

/// Messages that wait for the room; one that finds no place is dropped and counted.
pub(super) const WAITING: usize = 256;

/// How long the room may take for one message.
const SENT_WITHIN: Duration = Duration::from_secs(2);

/// How long the native core may take to tell what it measures.
const MEASURED_WITHIN: Duration = Duration::from_secs(2);

/// Requests for what the core measures that are answered at once.
const MEASURING: usize = 4;

/// The task that sends messages.
pub(super) struct MessageSender {
    room: Arc<Room>,
    measuring: JoinSet<MonitorMessage>,
    unsent: u64,
}

impl MessageSender {
    pub(super) fn new(room: Arc<Room>) -> Self {
        Self {
            room,
            measuring: JoinSet::new(),
            unsent: 0,
        }
    }

    /// Sends messages until no more come.
    pub(super) async fn run(mut self, mut posts: mpsc::Receiver<Outgoing>) {
        loop {
            let message = tokio::select! {
                next = posts.recv() => match next {
                    Some(Outgoing::Message(message)) => Some(message),
                    Some(Outgoing::Stats { to, request }) => self.measure(to, request),
                    None => return,
                },
                Some(measured) = self.measuring.join_next() => measured.ok(),
            };
            if let Some(message) = message {
                self.send(&message).await;
            }
        }
    }

    /// Asks for what the core measures; the answer if that cannot be.
    fn measure(&mut self, to: Identity, request: String) -> Option<MonitorMessage> {
        if self.measuring.len() == MEASURING {
            let busy = Err("too many requests at once".to_owned());
            return Some(MonitorMessage::answer(to, request, busy));
        }
        let room = self.room.clone();
        let measuring = async move { MonitorMessage::answer(to, request, measured(&room).await) };
        self.measuring.spawn(measuring.in_current_span());
        None
    }

    async fn send(&mut self, message: &MonitorMessage) {
        let Some(destinations) = self.readers(&message.to) else {
            return;
        };
        let mut options = SendByteOptions::new_with_topic(TOPIC);
        options.name = Some(random::livekit("AS"));
        options.destination_identities = destinations;
        let us = self.room.local_participant();
        let sending = us.send_bytes(message.encode(), options);
        if let Err(problem) = within(SENT_WITHIN, sending).await {
            self.unsent += 1;
            let unsent = self.unsent;
            tracing::debug!(%problem, unsent, "a message of the session was not sent");
        }
    }

    /// Whom to send to, nobody for the whole room; none when there is nobody to read it.
    fn readers(&self, to: &To) -> Option<Vec<ParticipantIdentity>> {
        let participants = self.room.remote_participants();
        let mut readers = participants.values().filter(|it| reads(it));
        match to {
            To::Everyone => readers.next().map(|_| Vec::new()),
            To::Managers => {
                let managers = readers.filter(|it| is_manager(it));
                let managers: Vec<_> = managers.map(|it| it.identity()).collect();
                (!managers.is_empty()).then_some(managers)
            }
            To::One(identity) => Some(vec![identity.as_str().into()]),
        }
    }
}

/// Whether a participant of this identity may manage the agent's session.
pub(super) fn manages(room: &Room, who: &Identity) -> bool {
    let participants = room.remote_participants();
    participants
        .get(&who.as_str().into())
        .is_some_and(is_manager)
}

fn is_manager(participant: &RemoteParticipant) -> bool {
    let permission = participant.permission();
    permission.is_some_and(|it| it.can_manage_agent_session)
}

/// Telephones and recorders read nothing.
fn reads(participant: &RemoteParticipant) -> bool {
    matches!(
        participant.kind(),
        ParticipantKind::Standard | ParticipantKind::Agent
    )
}

async fn measured(room: &Room) -> Result<Response, String> {
    let measured = within(MEASURED_WITHIN, room.get_stats()).await;
    let measured = measured.map_err(|it| it.to_string())?;
    Ok(Response::GetRtcStats(GetRtcStatsResponse {
        publisher_stats: connection_stats::told(&measured.publisher_stats),
        subscriber_stats: connection_stats::told(&measured.subscriber_stats),
    }))
}
