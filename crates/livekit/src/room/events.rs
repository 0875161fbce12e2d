//! Translates events of the LiveKit room into events of the conversation.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit::participant::{Participant, ParticipantKind as Kind, RemoteParticipant};
use livekit::publication::RemoteTrackPublication;
use livekit::track::{LocalTrack, RemoteTrack, TrackSource};
use livekit::{DisconnectReason, RoomEvent as LiveKitEvent};
use livekit_protocol::{AudioTrackFeature, ParticipantPermission};
use parlor_common::clock;
use parlor_core::conversation::{AgentState, Event, LeaveReason, Phone, RoomEnd, RoomEvent};
use parlor_core::dispatch::NAME_ATTRIBUTE;
use parlor_core::ids::Identity;
use parlor_core::secret::Secret;
use tokio::sync::{mpsc, watch};

use super::hand_over::{self, Answers};
use super::monitor_sender;
use super::participant_info::info;
use super::permissions::Permissions;
use super::presence::{Presence, gone};
use super::streams::Streams;
use super::subscriptions::{Listening, Request, Subscriptions, identity};
use crate::monitor::MonitorRequest;

/// How long the native core may take to restore a lost connection.
const RECONNECT_WITHIN: Duration = Duration::from_secs(20);

/// Room events as the LiveKit SDK delivers them.
pub(super) type Receiver = mpsc::UnboundedReceiver<LiveKitEvent>;

/// Outputs of the [`Watcher`].
pub(super) struct WatcherOutputs {
    /// Events for the conversation.
    pub(super) events: mpsc::Sender<Event>,
    /// Monitoring requests.
    pub(super) monitor_requests: mpsc::Sender<MonitorRequest>,
    /// The agent's state; marked as changed after a reconnect, to be published again.
    pub(super) state: watch::Sender<AgentState>,
    /// The agent's permissions; also marked as changed when one of its tracks has changed.
    pub(super) allowed: watch::Sender<Permissions>,
    /// The access token of the room, as renewed by the server.
    pub(super) token: watch::Sender<Secret>,
    /// Number of reconnects so far.
    pub(super) back: watch::Sender<u64>,
}

/// Inputs of the [`Watcher`].
pub(super) struct WatcherInputs {
    /// Requests of the conversation to subscribe to callers.
    pub(super) requests: mpsc::Receiver<Request>,
    /// Requests of callers to hand over to another caller.
    pub(super) hand_overs: mpsc::Receiver<hand_over::Request>,
    /// Hand-over requests that wait for an answer.
    pub(super) answers: Answers,
}

/// The task that handles the events of one room.
pub(super) struct Watcher {
    room: Arc<livekit::Room>,
    out: WatcherOutputs,
    presence: Presence,
    streams: Streams,
    listening: Listening,
    reconnect_until: Option<Instant>,
}

impl Watcher {
    pub(super) fn new(
        room: Arc<livekit::Room>,
        subscriptions: watch::Sender<Subscriptions>,
        out: WatcherOutputs,
    ) -> Self {
        Self {
            listening: Listening::new(room.clone(), subscriptions),
            streams: Streams::new(out.events.clone(), out.monitor_requests.clone()),
            room,
            out,
            presence: Presence::default(),
            reconnect_until: None,
        }
    }

    /// Runs until the room ends or the receiver of the events is dropped.
    pub(super) async fn run(mut self, mut room: Receiver, mut inputs: WatcherInputs) {
        let us = self.room.local_participant();
        self.allow(us.permission().as_ref());
        loop {
            let done = tokio::select! {
                Some(event) = room.recv() => self.on_event(event).await,
                Some(request) = inputs.requests.recv() => {
                    self.listening.change(request);
                    ControlFlow::Continue(())
                }
                Some(asked) = inputs.hand_overs.recv() => {
                    inputs.answers.wait(asked.answer);
                    let (from, to) = (asked.from, asked.to);
                    self.send(RoomEvent::HandOver { from, to }).await
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
                for (participant, publications) in participants_with_tracks {
                    self.joined(&participant).await?;
                    for publication in publications {
                        self.published(&publication, &participant).await?;
                    }
                }
                ControlFlow::Continue(())
            }
            LiveKitEvent::ParticipantConnected(participant) => self.joined(&participant).await,
            LiveKitEvent::ParticipantDisconnected(participant) => self.left(&participant).await,
            LiveKitEvent::TrackPublished {
                publication,
                participant,
            } => self.published(&publication, &participant).await,
            LiveKitEvent::ParticipantAttributesChanged { participant, .. }
            | LiveKitEvent::ParticipantPermissionChanged { participant, .. } => {
                self.changed(&participant).await
            }
            LiveKitEvent::LocalTrackSubscribed { track } if is_voice(&track) => {
                self.send(RoomEvent::Subscribed).await
            }
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
            LiveKitEvent::TrackSubscribed {
                track: RemoteTrack::Audio(track),
                participant,
                ..
            } => self.listening.subscribed(track, &participant),
            LiveKitEvent::TrackUnsubscribed {
                track: RemoteTrack::Audio(track),
                ..
            } => self.listening.unsubscribed(&track.sid()),
            LiveKitEvent::TrackSubscriptionFailed {
                participant, error, ..
            } => {
                let caller = identity(&participant);
                tracing::warn!(%caller, %error, "could not subscribe to a caller's track");
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
                let manages = monitor_sender::manages(&self.room, &from);
                self.streams.bytes(&topic, from, manages, &reader);
            }
            LiveKitEvent::TokenRefreshed { token } => {
                self.out.token.send_replace(Secret::new(token));
            }
            LiveKitEvent::TrackMuted {
                participant: Participant::Local(_),
                ..
            }
            | LiveKitEvent::TrackUnmuted {
                participant: Participant::Local(_),
                ..
            }
            | LiveKitEvent::LocalTrackUnpublished { .. }
            | LiveKitEvent::LocalTrackRepublished { .. } => self.look_at_tracks(),
            LiveKitEvent::Reconnected => self.reconnected(),
            LiveKitEvent::Reconnecting => {
                tracing::warn!("lost the connection to the room; reconnecting");
                self.presence.reconnecting();
                self.reconnect_until = Some(clock::now() + RECONNECT_WITHIN);
            }
            _ => {}
        }
    }

    async fn joined(&mut self, participant: &RemoteParticipant) -> ControlFlow<()> {
        let (who, kind) = (identity(participant), participant.kind());
        tracing::debug!(participant = %who, ?kind, "a participant is in the room");
        if let Some(agent) = self.agent(participant) {
            self.send(agent).await?;
        }
        let is_news = self.presence.joined(&who);
        let (identity, info) = (who, info(participant));
        if info.phone == Phone::Pending {
            tracing::info!(participant = %identity, "a phone rings; its call begins when answered");
        }
        match is_news {
            true => self.send(RoomEvent::Joined { identity, info }).await,
            // It may have changed during the reconnect.
            false => self.send(RoomEvent::Changed { identity, info }).await,
        }
    }

    /// The attributes or permissions of a participant have changed.
    async fn changed(&self, participant: &Participant) -> ControlFlow<()> {
        match participant {
            Participant::Remote(remote) => {
                let (identity, info) = (identity(remote), info(remote));
                self.send(RoomEvent::Changed { identity, info }).await
            }
            Participant::Local(us) => {
                self.allow(us.permission().as_ref());
                ControlFlow::Continue(())
            }
        }
    }

    /// Stores the agent's new permissions, and logs what has changed.
    fn allow(&self, permission: Option<&ParticipantPermission>) {
        let before = *self.out.allowed.borrow();
        let now = before.with(permission);
        if now == before {
            return;
        }
        self.out.allowed.send_replace(now);
        let (taken, given) = (before.difference(&now), now.difference(&before));
        if !taken.is_empty() {
            tracing::warn!(
                taken = taken.join(", "),
                "the server revoked permissions of the agent"
            );
        }
        if !given.is_empty() {
            tracing::info!(
                given = given.join(", "),
                "the server restored permissions of the agent"
            );
        }
        if now.subscribe && !before.subscribe {
            self.listening.again();
        }
    }

    /// One of the agent's tracks has changed: wakes the tasks that keep them published.
    fn look_at_tracks(&self) {
        self.out.allowed.send_modify(|_allowed| {});
    }

    /// A participant has published a track.
    async fn published(
        &self,
        publication: &RemoteTrackPublication,
        participant: &RemoteParticipant,
    ) -> ControlFlow<()> {
        let features = publication.audio_features();
        if features.contains(&AudioTrackFeature::TfPreconnectBuffer) {
            let from = identity(participant);
            self.send(RoomEvent::PreConnectAnnounced { from }).await?;
        }
        self.listening.published(publication, participant);
        ControlFlow::Continue(())
    }

    /// The event for a participant that is another agent and announces its name.
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
        tracing::debug!(participant = %identity, ?reason, "a participant left the room");
        match self.presence.left(clock::now(), &identity, reason) {
            true => {
                let how = gone(reason);
                self.send(RoomEvent::Left { identity, how }).await
            }
            false => ControlFlow::Continue(()),
        }
    }

    fn reconnected(&mut self) {
        tracing::info!("reconnected to the room");
        self.reconnect_until = None;
        // After a rejoin the agent has only the attributes of its token.
        self.out.state.send_modify(|_state| {});
        self.listening.again();
        self.look_at_tracks();
        self.out.back.send_modify(|times| *times += 1);
        self.presence.reconnected(clock::now());
    }

    async fn tell_left(&self, gone: Vec<Identity>) -> ControlFlow<()> {
        for identity in gone {
            let how = LeaveReason::Lost;
            self.send(RoomEvent::Left { identity, how }).await?;
        }
        ControlFlow::Continue(())
    }

    async fn end(&self, end: RoomEnd) -> ControlFlow<()> {
        if self.send(RoomEvent::Ended(end)).await.is_break() {
            tracing::debug!("the room ended after the call");
        }
        ControlFlow::Break(())
    }

    /// Sends an event; breaks if the receiver is gone.
    async fn send(&self, event: RoomEvent) -> ControlFlow<()> {
        match self.out.events.send(Event::Room(event)).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Whether the track is the agent's voice, not its background sounds.
fn is_voice(track: &LocalTrack) -> bool {
    track.source() == TrackSource::Microphone
}

fn end(reason: DisconnectReason) -> RoomEnd {
    match reason {
        DisconnectReason::RoomDeleted | DisconnectReason::RoomClosed => RoomEnd::Closed,
        DisconnectReason::ParticipantRemoved => RoomEnd::Removed,
        DisconnectReason::DuplicateIdentity => RoomEnd::DuplicateIdentity,
        _ => RoomEnd::ConnectionLost,
    }
}
