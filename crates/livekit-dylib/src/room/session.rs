//! The state of a joined room, mirrored from the engine's events.

use std::collections::HashMap;
use std::sync::Arc;

use livekit_protocol::DisconnectReason;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::mpsc::UnboundedSender;

use super::event::RoomEvent;
use crate::engine::{self, Event, Events, Joined, ParticipantInfo, PublicationInfo, RoomInfo};
use crate::id::ParticipantIdentity;
use crate::participant::{LocalParticipant, Participant, RemoteParticipant};
use crate::publication::RemoteTrackPublication;

/// A joined room.
pub(super) struct Session {
    engine: Arc<engine::Session>,
    /// Sends events to the application; `None` after the last one.
    events: Mutex<Option<UnboundedSender<RoomEvent>>>,
    local: LocalParticipant,
    remotes: RwLock<HashMap<ParticipantIdentity, RemoteParticipant>>,
    info: RwLock<RoomInfo>,
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
    pub(super) fn new(joined: Joined, events: UnboundedSender<RoomEvent>) -> (Arc<Self>, Events) {
        let engine = Arc::new(joined.session);
        let session = Self {
            local: LocalParticipant::new(joined.local, Arc::clone(&engine)),
            engine,
            events: Mutex::new(Some(events)),
            remotes: RwLock::default(),
            info: RwLock::new(joined.room),
            end: Mutex::new(End {
                reason: DisconnectReason::UnknownReason,
                disconnected_sent: false,
            }),
        };
        for (info, publications) in joined.remotes {
            let participant = session.add(info);
            for (info, publication) in publications {
                publish(&participant, info, publication);
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
        self.send(RoomEvent::Connected {
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
                        self.send(event);
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
    /// receiver.
    pub(super) fn ended(&self) {
        let reason = self.end.lock().reason;
        self.disconnected(reason);
        self.remotes
            .read()
            .values()
            .for_each(RemoteParticipant::release);
        self.engine.release();
        *self.events.lock() = None;
    }

    /// Sends [`RoomEvent::Disconnected`], once. The engine does not send it if the room is left
    /// during a reconnect.
    fn disconnected(&self, reason: DisconnectReason) {
        if std::mem::replace(&mut self.end.lock().disconnected_sent, true) {
            return;
        }
        self.send(RoomEvent::Disconnected { reason });
    }

    /// Sends an event to the application, which may have dropped the receiver.
    fn send(&self, event: RoomEvent) {
        if let Some(events) = &*self.events.lock() {
            events.send(event).ok();
        }
    }

    pub(super) fn engine(&self) -> &engine::Session {
        &self.engine
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

    pub(super) fn info(&self) -> RwLockReadGuard<'_, RoomInfo> {
        self.info.read()
    }

    /// Updates the room's properties.
    pub(super) fn change_info(&self, change: impl FnOnce(&mut RoomInfo)) {
        change(&mut self.info.write());
    }
}

/// Records a publication of a remote participant.
pub(super) fn publish(
    participant: &RemoteParticipant,
    info: PublicationInfo,
    publication: engine::Publication,
) -> RemoteTrackPublication {
    let publication = RemoteTrackPublication::new(info, publication);
    participant.published(publication.clone());
    publication
}
