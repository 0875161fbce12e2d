//! The callers that the agent listens to. The agent subscribes to their microphones only, so that
//! no other media uses bandwidth.

use std::sync::Arc;

use livekit::id::TrackSid;
use livekit::participant::RemoteParticipant;
use livekit::publication::RemoteTrackPublication;
use livekit::track::{RemoteAudioTrack, TrackKind, TrackSource};
use parlor_core::ids::Identity;
use tokio::sync::watch;

/// Current subscriptions of the agent.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// Whether the agent listens to any caller, with or without a track.
    pub(super) is_open: bool,
    /// Subscribed tracks, at most one per caller.
    pub(super) tracks: Vec<(Identity, RemoteAudioTrack)>,
}

/// A request to listen to other callers.
#[derive(Debug)]
pub(super) enum Request {
    /// The linked caller; `None` if there is none.
    Linked(Option<Identity>),
    /// The callers besides the linked one.
    Others(Vec<Identity>),
}

/// Manages the subscriptions.
pub(super) struct Listening {
    room: Arc<livekit::Room>,
    linked: Option<Identity>,
    others: Vec<Identity>,
    subscriptions: watch::Sender<Subscriptions>,
}

impl Listening {
    /// Starts without any caller.
    pub(super) fn new(
        room: Arc<livekit::Room>,
        subscriptions: watch::Sender<Subscriptions>,
    ) -> Self {
        Self {
            room,
            linked: None,
            others: Vec::new(),
            subscriptions,
        }
    }

    /// Applies a request: subscribes to new callers and unsubscribes from the others.
    pub(super) fn change(&mut self, request: Request) {
        let before = self.all();
        match request {
            Request::Others(others) => self.others = others,
            Request::Linked(linked) => self.link(linked),
        }
        let after = self.all();
        for gone in before.iter().filter(|it| !after.contains(it)) {
            self.subscribe_to(gone, false);
        }
        for new in after.iter().filter(|it| !before.contains(it)) {
            self.subscribe_to(new, true);
        }
        self.subscriptions.send_modify(|subscriptions| {
            subscriptions.is_open = !after.is_empty();
            subscriptions.tracks.retain(|(who, _)| after.contains(who));
        });
    }

    /// A participant has published a track.
    pub(super) fn published(
        &self,
        publication: &RemoteTrackPublication,
        participant: &RemoteParticipant,
    ) {
        if self.has(&identity(participant)) {
            subscribe(publication, true);
        }
    }

    /// A track is subscribed to. It replaces the previous track of the caller.
    pub(super) fn subscribed(&self, track: RemoteAudioTrack, participant: &RemoteParticipant) {
        let who = identity(participant);
        if self.has(&who) {
            tracing::debug!(participant = %who, "subscribed to a caller's track");
            self.subscriptions.send_modify(|subscriptions| {
                subscriptions.tracks.retain(|(it, _)| *it != who);
                subscriptions.tracks.push((who, track));
            });
        }
    }

    /// A track is unsubscribed from.
    pub(super) fn unsubscribed(&self, gone: &TrackSid) {
        self.subscriptions.send_if_modified(|subscriptions| {
            let before = subscriptions.tracks.len();
            subscriptions
                .tracks
                .retain(|(_, track)| track.sid() != *gone);
            subscriptions.tracks.len() != before
        });
    }

    /// Renews all subscriptions: after a rejoin there are none.
    pub(super) fn again(&self) {
        for identity in self.all() {
            self.subscribe_to(&identity, true);
        }
    }

    fn link(&mut self, linked: Option<Identity>) {
        let was_linked = std::mem::replace(&mut self.linked, linked);
        // If the next linked caller was one of the others, the previous one takes that place and
        // stays subscribed to.
        let next = self.linked.as_ref();
        let place = self.others.iter_mut().find(|it| Some(&**it) == next);
        if let (Some(place), Some(was_linked)) = (place, was_linked) {
            *place = was_linked;
        }
    }

    fn all(&self) -> Vec<Identity> {
        self.linked.iter().chain(&self.others).cloned().collect()
    }

    fn has(&self, identity: &Identity) -> bool {
        self.linked.as_ref() == Some(identity) || self.others.contains(identity)
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
}

/// Identity of a participant.
pub(super) fn identity(participant: &RemoteParticipant) -> Identity {
    participant.identity().as_str().into()
}

fn subscribe(publication: &RemoteTrackPublication, wanted: bool) {
    let microphone = publication.kind() == TrackKind::Audio
        && publication.source() != TrackSource::ScreenshareAudio;
    if microphone {
        publication.set_subscribed(wanted);
    }
}
