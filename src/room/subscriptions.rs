//! Whom the agent listens to. Their microphones are subscribed to only: nobody else's media costs
//! anything.

use std::sync::Arc;

use livekit::id::TrackSid;
use livekit::participant::RemoteParticipant;
use livekit::publication::RemoteTrackPublication;
use livekit::track::{RemoteAudioTrack, TrackKind, TrackSource};
use parlor_core::ids::Identity;
use tokio::sync::watch;

/// What there is to hear.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// Somebody is listened to, with a track or without.
    pub(super) is_open: bool,
    /// One for each caller at most.
    pub(super) tracks: Vec<(Identity, RemoteAudioTrack)>,
}

/// Whom to listen to.
#[derive(Debug)]
pub(super) enum Request {
    /// The one who is linked.
    Linked(Option<Identity>),
    /// All others.
    Others(Vec<Identity>),
}

/// Whom the agent listens to.
pub(super) struct Listening {
    room: Arc<livekit::Room>,
    linked: Option<Identity>,
    others: Vec<Identity>,
    subscriptions: watch::Sender<Subscriptions>,
}

impl Listening {
    /// To nobody yet.
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

    /// Listens to somebody else.
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

    /// A track can be subscribed to.
    pub(super) fn published(
        &self,
        publication: &RemoteTrackPublication,
        participant: &RemoteParticipant,
    ) {
        if self.has(&identity(participant)) {
            subscribe(publication, true);
        }
    }

    /// A track can be heard. It takes the place of the caller's track before.
    pub(super) fn subscribed(&self, track: RemoteAudioTrack, participant: &RemoteParticipant) {
        let who = identity(participant);
        if self.has(&who) {
            tracing::debug!(participant = %who, "somebody can be heard");
            self.subscriptions.send_modify(|subscriptions| {
                subscriptions.tracks.retain(|(it, _)| *it != who);
                subscriptions.tracks.push((who, track));
            });
        }
    }

    /// A track can be heard no longer.
    pub(super) fn unsubscribed(&self, gone: &TrackSid) {
        self.subscriptions.send_if_modified(|subscriptions| {
            let before = subscriptions.tracks.len();
            subscriptions
                .tracks
                .retain(|(_, track)| track.sid() != *gone);
            subscriptions.tracks.len() != before
        });
    }

    /// The room is back: who joined again is subscribed to nothing.
    pub(super) fn again(&self) {
        for identity in self.all() {
            self.subscribe_to(&identity, true);
        }
    }

    fn link(&mut self, linked: Option<Identity>) {
        let was_linked = std::mem::replace(&mut self.linked, linked);
        // Who was linked goes on to be heard if the next one was heard all the time.
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

/// Who a participant is.
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
