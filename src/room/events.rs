//! Turns the room's events into the core's, and follows the track that is listened to.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit::participant::{ParticipantKind as Kind, RemoteParticipant};
use livekit::publication::RemoteTrackPublication;
use livekit::track::{RemoteAudioTrack, RemoteTrack, TrackKind, TrackSource};
use livekit::{DisconnectReason, RoomEvent as LiveKitEvent};
use parlor_core::conversation::{AgentState, Event, ParticipantKind, RoomEnd, RoomEvent};
use parlor_core::dispatch::NAME_ATTRIBUTE;
use parlor_core::ids::Identity;
use parlor_core::private::Secret;
use tokio::sync::{mpsc, watch};

use crate::clock;
use crate::monitor::Asked;

use super::monitor;
use super::presence::Presence;
use super::streams::Streams;

/// How long the native core may try to get a lost connection back.
const RECONNECT_WITHIN: Duration = Duration::from_secs(20);

/// The room's events as the SDK gives them.
pub(super) type Receiver = mpsc::UnboundedReceiver<LiveKitEvent>;

/// Where what happens in a room goes.
pub(super) struct Outlets {
    /// To the core.
    pub(super) events: mpsc::Sender<Event>,
    /// To whoever answers those who watch the call.
    pub(super) asked: mpsc::Sender<Asked>,
    /// The track that is listened to.
    pub(super) tracks: watch::Sender<Option<RemoteAudioTrack>>,
    /// The agent's state, to be shown again after a reconnect.
    pub(super) state: watch::Sender<AgentState>,
    /// What opens the room.
    pub(super) token: watch::Sender<Secret>,
}

/// The task that watches one room.
pub(super) struct Watcher {
    room: Arc<livekit::Room>,
    out: Outlets,
    presence: Presence,
    streams: Streams,
    listening_to: Option<Identity>,
    reconnect_until: Option<Instant>,
}

impl Watcher {
    pub(super) fn new(room: Arc<livekit::Room>, out: Outlets) -> Self {
        Self {
            streams: Streams::new(out.events.clone(), out.asked.clone()),
            room,
            out,
            presence: Presence::default(),
            listening_to: None,
            reconnect_until: None,
        }
    }

    /// Watches until the room is over or nobody takes the events any more.
    pub(super) async fn run(
        mut self,
        mut room: Receiver,
        mut requests: mpsc::Receiver<Option<Identity>>,
    ) {
        loop {
            let done = tokio::select! {
                Some(event) = room.recv() => self.on_event(event).await,
                Some(identity) = requests.recv() => {
                    self.listen(identity);
                    ControlFlow::Continue(())
                }
                () = clock::at(self.presence.deadline()) => {
                    let gone = self.presence.certain(clock::now());
                    self.tell_left(gone).await
                }
                () = clock::at(self.reconnect_until) => self.end(RoomEnd::ConnectionLost).await,
                else => self.end(RoomEnd::ConnectionLost).await,
            };
            if done.is_break() {
                return;
            }
        }
    }

    async fn on_event(&mut self, event: LiveKitEvent) -> ControlFlow<()> {
        match event {
            LiveKitEvent::Connected {
                participants_with_tracks,
            } => {
                for (participant, _) in participants_with_tracks {
                    self.joined(&participant).await?;
                }
                ControlFlow::Continue(())
            }
            LiveKitEvent::ParticipantConnected(participant) => self.joined(&participant).await,
            LiveKitEvent::ParticipantDisconnected(participant) => self.left(&participant).await,
            LiveKitEvent::LocalTrackSubscribed { .. } => self.tell(RoomEvent::Subscribed).await,
            LiveKitEvent::Disconnected { reason } => {
                tracing::info!(?reason, "the room ended");
                self.end(end(reason)).await
            }
            event => {
                self.on_media(event);
                ControlFlow::Continue(())
            }
        }
    }

    fn on_media(&mut self, event: LiveKitEvent) {
        match event {
            LiveKitEvent::TrackPublished {
                publication,
                participant,
            } if self.is_listened_to(&participant) => subscribe(&publication, true),
            LiveKitEvent::TrackSubscribed {
                track: RemoteTrack::Audio(track),
                participant,
                ..
            } if self.is_listened_to(&participant) => {
                self.out.tracks.send_replace(Some(track));
            }
            LiveKitEvent::TrackUnsubscribed {
                track: RemoteTrack::Audio(track),
                ..
            } => {
                self.out.tracks.send_if_modified(|current| {
                    let gone = current.as_ref().is_some_and(|it| it.sid() == track.sid());
                    current.take_if(|_| gone).is_some()
                });
            }
            LiveKitEvent::TrackSubscriptionFailed {
                participant, error, ..
            } => {
                let caller = identity(&participant);
                tracing::warn!(%caller, %error, "a caller cannot be heard");
            }
            LiveKitEvent::TextStreamOpened {
                reader,
                topic,
                participant_identity,
            } => {
                let from = participant_identity.as_str().into();
                self.streams.text(&topic, from, &reader);
            }
            LiveKitEvent::ByteStreamOpened {
                reader,
                topic,
                participant_identity,
            } => {
                let from = participant_identity.as_str().into();
                let manages = monitor::manages(&self.room, &from);
                self.streams.bytes(&topic, from, manages, &reader);
            }
            LiveKitEvent::TokenRefreshed { token } => {
                self.out.token.send_replace(Secret::new(token));
            }
            LiveKitEvent::Reconnected => self.reconnected(),
            LiveKitEvent::Reconnecting => {
                tracing::warn!("the connection to the room is lost; reconnecting");
                self.presence.reconnecting();
                self.reconnect_until = Some(clock::now() + RECONNECT_WITHIN);
            }
            _ => {}
        }
    }

    async fn joined(&mut self, participant: &RemoteParticipant) -> ControlFlow<()> {
        let (who, kind) = (identity(participant), participant.kind());
        tracing::debug!(participant = %who, ?kind, "somebody is in the room");
        if let Some(agent) = self.agent(participant) {
            self.tell(agent).await?;
        }
        match self.presence.joined(&who) {
            true => self.tell(joined(participant)).await,
            false => ControlFlow::Continue(()),
        }
    }

    /// Another agent that says what it is called.
    fn agent(&self, participant: &RemoteParticipant) -> Option<RoomEvent> {
        let us = self.room.local_participant();
        if participant.kind() != Kind::Agent || participant.identity() == us.identity() {
            return None;
        }
        let name = participant.attributes().remove(NAME_ATTRIBUTE)?;
        let theirs = (participant.joined_at(), participant.identity().to_string());
        let was_first = theirs < (us.joined_at(), us.identity().to_string());
        Some(RoomEvent::Agent { name, was_first })
    }

    async fn left(&mut self, participant: &RemoteParticipant) -> ControlFlow<()> {
        let identity = identity(participant);
        let reason = participant.disconnect_reason();
        match self.presence.left(clock::now(), &identity, reason) {
            true => self.tell(RoomEvent::Left { identity }).await,
            false => ControlFlow::Continue(()),
        }
    }

    fn reconnected(&mut self) {
        tracing::info!("the room is back");
        self.reconnect_until = None;
        // Who joined again has the attributes of its token and is subscribed to nothing.
        self.out.state.send_modify(|_state| {});
        if let Some(identity) = &self.listening_to {
            self.subscribe_to(identity, true);
        }
        self.presence.reconnected(clock::now());
    }

    async fn tell_left(&self, gone: Vec<Identity>) -> ControlFlow<()> {
        for identity in gone {
            self.tell(RoomEvent::Left { identity }).await?;
        }
        ControlFlow::Continue(())
    }

    /// Subscribes to `identity`'s microphone only: nobody else's media costs anything.
    fn listen(&mut self, identity: Option<Identity>) {
        if let Some(before) = self.listening_to.take() {
            self.subscribe_to(&before, false);
            self.out.tracks.send_replace(None);
        }
        if let Some(identity) = identity {
            self.subscribe_to(&identity, true);
            self.listening_to = Some(identity);
        }
    }

    fn subscribe_to(&self, identity: &Identity, wanted: bool) {
        let participants = self.room.remote_participants();
        let Some(participant) = participants.get(&identity.as_str().into()) else {
            return;
        };
        for publication in participant.track_publications().values() {
            subscribe(publication, wanted);
        }
    }

    fn is_listened_to(&self, participant: &RemoteParticipant) -> bool {
        let listened_to = self.listening_to.as_ref();
        listened_to.is_some_and(|identity| identity.as_str() == participant.identity().as_str())
    }

    async fn end(&self, end: RoomEnd) -> ControlFlow<()> {
        if self.tell(RoomEvent::Ended(end)).await.is_break() {
            tracing::debug!("the room ended after its call");
        }
        ControlFlow::Break(())
    }

    /// Breaks when nobody takes the events any more.
    async fn tell(&self, event: RoomEvent) -> ControlFlow<()> {
        match self.out.events.send(Event::Room(event)).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn subscribe(publication: &RemoteTrackPublication, wanted: bool) {
    let microphone = publication.kind() == TrackKind::Audio
        && publication.source() != TrackSource::ScreenshareAudio;
    if microphone {
        publication.set_subscribed(wanted);
    }
}

fn identity(participant: &RemoteParticipant) -> Identity {
    participant.identity().as_str().into()
}

fn joined(participant: &RemoteParticipant) -> RoomEvent {
    RoomEvent::Joined {
        identity: identity(participant),
        kind: match participant.kind() {
            Kind::Standard => ParticipantKind::Standard,
            Kind::Ingress => ParticipantKind::Ingress,
            Kind::Egress => ParticipantKind::Egress,
            Kind::Sip => ParticipantKind::Sip,
            Kind::Agent => ParticipantKind::Agent,
            Kind::Connector => ParticipantKind::Connector,
            Kind::Bridge => ParticipantKind::Bridge,
        },
    }
}

fn end(reason: DisconnectReason) -> RoomEnd {
    match reason {
        DisconnectReason::RoomDeleted | DisconnectReason::RoomClosed => RoomEnd::Closed,
        DisconnectReason::ParticipantRemoved => RoomEnd::Removed,
        DisconnectReason::DuplicateIdentity => RoomEnd::DuplicateIdentity,
        _ => RoomEnd::ConnectionLost,
    }
}
