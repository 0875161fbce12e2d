//! The state of a joined room, mirrored from the engine's events.

use std::collections::HashMap;
use std::sync::Arc;

use livekit_protocol::DisconnectReason;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::watch;

use super::{ConnectionState, Dispatcher, RoomEvent, RoomInfo};
use crate::e2ee::E2eeManager;
use crate::engine::{self, Event, Events, Joined, ParticipantInfo, PublicationInfo};
use crate::id::{ParticipantIdentity, RoomSid};
use crate::participant::{LocalParticipant, Participant, RemoteParticipant};
use crate::publication::RemoteTrackPublication;

/// A joined room.
pub(super) struct Session {
    engine: Arc<engine::Session>,
    dispatcher: Dispatcher,
    local: LocalParticipant,
    remotes: RwLock<HashMap<ParticipantIdentity, RemoteParticipant>>,
    info: RwLock<RoomInfo>,
    sid: watch::Sender<Option<RoomSid>>,
    token: RwLock<String>,
    encryption: E2eeManager,
    auto_subscribe: bool,
    end: Mutex<End>,
}

/// How the room ended or is being left.
struct End {
    /// Reason for leaving; `UnknownReason` until the application leaves the room.
    reason: DisconnectReason,
    /// Whether [`RoomEvent::Disconnected`] has been sent.
    disconnected_sent: bool,
}

impl Session {
    pub(super) fn new(
        joined: Joined,
        token: &str,
        auto_subscribe: bool,
        encryption: E2eeManager,
    ) -> (Arc<Self>, Events) {
        let engine = Arc::new(joined.session);
        encryption.attach(&engine);
        let dispatcher = Dispatcher::default();
        let session = Self {
            local: LocalParticipant::new(joined.local, Arc::clone(&engine), dispatcher.clone()),
            engine,
            dispatcher,
            remotes: RwLock::default(),
            sid: watch::Sender::new(joined.room.sid.clone()),
            info: RwLock::new(joined.room),
            token: RwLock::new(token.to_owned()),
            encryption,
            auto_subscribe,
            end: Mutex::new(End {
                reason: DisconnectReason::UnknownReason,
                disconnected_sent: false,
            }),
        };
        for (info, publications) in joined.remotes {
            let participant = session.add(info);
            for (info, publication) in publications {
                session.publish(&participant, info, publication);
            }
        }
        (Arc::new(session), joined.events)
    }

    /// Sends [`RoomEvent::Connected`], the first event.
    pub(super) fn connected(&self) {
        let with_tracks = |participant: RemoteParticipant| {
            let publications = participant.track_publications().into_values().collect();
            (participant, publications)
        };
        let participants_with_tracks = self.remotes().into_values().map(with_tracks).collect();
        self.dispatcher.dispatch(&RoomEvent::Connected {
            participants_with_tracks,
        });
    }

    /// Applies and forwards engine events until the last one.
    pub(super) async fn pump(self: Arc<Self>, events: Events) {
        loop {
            match events.next().await {
                Event::Ended => break,
                Event::Disconnected(reason) => self.disconnected(reason),
                event => {
                    if let Some(event) = self.apply(event) {
                        self.dispatcher.dispatch(&event);
                    }
                }
            }
        }
        self.engine.mark_closed();
        self.ended();
    }

    /// Records the reason for leaving, in case the engine does not report one.
    pub(super) fn leaving(&self, reason: DisconnectReason) {
        self.end.lock().reason = reason;
    }

    /// Ends the session: sends the last event, releases all engine handles and closes the
    /// receivers.
    pub(super) fn ended(&self) {
        let reason = self.end.lock().reason;
        self.disconnected(reason);
        self.remotes
            .read()
            .values()
            .for_each(RemoteParticipant::release);
        self.engine.release();
        self.dispatcher.close();
    }

    /// Sends [`RoomEvent::Disconnected`], once. The engine does not send it if the room is left
    /// during a reconnect.
    fn disconnected(&self, reason: DisconnectReason) {
        if std::mem::replace(&mut self.end.lock().disconnected_sent, true) {
            return;
        }
        let state = std::mem::replace(&mut self.info.write().state, ConnectionState::Disconnected);
        if state != ConnectionState::Disconnected {
            self.dispatcher.dispatch(&RoomEvent::ConnectionStateChanged(
                ConnectionState::Disconnected,
            ));
        }
        self.dispatcher
            .dispatch(&RoomEvent::Disconnected { reason });
    }

    pub(super) fn engine(&self) -> &engine::Session {
        &self.engine
    }

    pub(super) fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    pub(super) fn encryption(&self) -> &E2eeManager {
        &self.encryption
    }

    pub(super) fn local(&self) -> &LocalParticipant {
        &self.local
    }

    pub(super) fn remotes(&self) -> HashMap<ParticipantIdentity, RemoteParticipant> {
        self.remotes.read().clone()
    }

    pub(super) fn remote(&self, identity: &ParticipantIdentity) -> Option<RemoteParticipant> {
        self.remotes.read().get(identity).cloned()
    }

    /// The local or remote participant with this identity.
    pub(super) fn participant(&self, identity: &ParticipantIdentity) -> Option<Participant> {
        if self.local.identity() == *identity {
            return Some(Participant::Local(self.local.clone()));
        }
        self.remote(identity).map(Participant::Remote)
    }

    pub(super) fn add(&self, info: ParticipantInfo) -> RemoteParticipant {
        let participant = RemoteParticipant::new(info);
        self.remotes
            .write()
            .insert(participant.identity(), participant.clone());
        participant
    }

    pub(super) fn remove(&self, identity: &ParticipantIdentity) -> Option<RemoteParticipant> {
        let participant = self.remotes.write().remove(identity)?;
        participant.release();
        Some(participant)
    }

    pub(super) fn publish(
        &self,
        participant: &RemoteParticipant,
        info: PublicationInfo,
        publication: engine::Publication,
    ) -> RemoteTrackPublication {
        let publication = RemoteTrackPublication::new(info, publication, self.auto_subscribe);
        participant.published(publication.clone());
        publication
    }

    pub(super) fn info(&self) -> RwLockReadGuard<'_, RoomInfo> {
        self.info.read()
    }

    /// Updates the room's properties; returns the result of `change`.
    pub(super) fn change_info<T>(&self, change: impl FnOnce(&mut RoomInfo) -> T) -> T {
        change(&mut self.info.write())
    }

    pub(super) fn token(&self) -> String {
        self.token.read().clone()
    }

    pub(super) fn set_token(&self, token: String) {
        *self.token.write() = token;
    }

    pub(super) fn set_sid(&self, sid: RoomSid) {
        self.info.write().sid = Some(sid.clone());
        self.sid.send_replace(Some(sid));
    }

    pub(super) async fn sid(&self) -> RoomSid {
        let mut sid = self.sid.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let known = sid
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|sid| sid.clone());
        known.unwrap_or_default()
    }
}
