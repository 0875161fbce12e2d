//! Sends monitoring messages, strictly in order, as byte streams on `lk.agent.session`. Encodes and
//! sends nothing while no participant could read them.

use std::sync::Arc;
use std::time::Duration;

use livekit::id::ParticipantIdentity;
use livekit::participant::{ParticipantKind, RemoteParticipant};
use livekit::{Room, SendByteOptions};
use livekit_protocol::agent::session_response::{GetRtcStatsResponse, Response};
use parlor_common::random;
use parlor_core::ids::Identity;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::connection_stats;
use super::deadline::within;
use crate::monitor::{MonitorMessage, Outgoing, TOPIC, To};

/// Capacity of the queue of messages; messages that do not fit are dropped and counted.
pub(super) const WAITING: usize = 256;

/// Timeout for sending a message.
const SENT_WITHIN: Duration = Duration::from_secs(2);

/// Timeout for the statistics of the native core.
const MEASURED_WITHIN: Duration = Duration::from_secs(2);

/// Maximum concurrent requests for statistics.
const MEASURING: usize = 4;

/// The task that sends monitoring messages.
pub(super) struct MonitorSender {
    room: Arc<Room>,
    measuring: JoinSet<MonitorMessage>,
    unsent: u64,
}

impl MonitorSender {
    pub(super) fn new(room: Arc<Room>) -> Self {
        Self {
            room,
            measuring: JoinSet::new(),
            unsent: 0,
        }
    }

    /// Sends messages until their sender is dropped.
    pub(super) async fn run(mut self, mut monitor_messages: mpsc::Receiver<Outgoing>) {
        loop {
            let message = tokio::select! {
                next = monitor_messages.recv() => match next {
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

    /// Starts to collect statistics. Returns an error response if too many requests are running.
    fn measure(&mut self, to: Identity, request: String) -> Option<MonitorMessage> {
        if self.measuring.len() == MEASURING {
            let busy = Err("too many requests at once; try again later".to_owned());
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
            tracing::debug!(%problem, unsent, "could not send a monitoring message");
        }
    }

    /// Destinations of a message; an empty list addresses the whole room. `None` if nobody can read
    /// the message.
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

/// Whether the participant with this identity may manage the agent's session.
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

/// Whether a participant can read messages; phones and recorders cannot.
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
        publisher_stats: connection_stats::encode(&measured.publisher_stats),
        subscriber_stats: connection_stats::encode(&measured.subscriber_stats),
    }))
}
