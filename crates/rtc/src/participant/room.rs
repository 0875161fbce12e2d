//! Who is in the room, and which events a message of the server means.

use std::collections::{HashMap, HashSet};

use livekit_protocol as proto;
use livekit_protocol::participant_info::State;

use super::event::{Event, Speaker};
use crate::limits::{MAX_PARTICIPANTS, MAX_TRACKS};

/// The room as the server described it last.
#[derive(Debug, Default)]
pub(crate) struct RoomState {
    pub(crate) room: proto::Room,
    pub(crate) local: proto::ParticipantInfo,
    /// By identity.
    pub(crate) remotes: HashMap<String, proto::ParticipantInfo>,
    /// Tracks of which RTP may come, with their participant.
    subscribed: HashMap<String, String>,
    /// Wishes that differ from the automatic subscription.
    desired: HashMap<String, bool>,
    speakers: HashMap<String, f32>,
    auto_subscribe: bool,
}

impl RoomState {
    pub(crate) fn new(auto_subscribe: bool) -> Self {
        Self {
            auto_subscribe,
            ..Self::default()
        }
    }

    /// Takes over what a join says. Participants that are gone have left.
    pub(crate) fn joined(&mut self, join: &proto::JoinResponse, events: &mut Vec<Event>) {
        self.room = join.room.clone().unwrap_or_default();
        self.local = join.participant.clone().unwrap_or_default();
        self.others(&join.other_participants, events);
    }

    /// The local participant is in another room.
    pub(crate) fn moved(&mut self, moved: &proto::RoomMovedResponse, events: &mut Vec<Event>) {
        self.room = moved.room.clone().unwrap_or_default();
        if let Some(local) = &moved.participant {
            self.local = local.clone();
        }
        events.push(Event::Moved(Box::new(self.room.clone())));
        self.others(&moved.other_participants, events);
    }

    fn others(&mut self, others: &[proto::ParticipantInfo], events: &mut Vec<Event>) {
        let present: HashSet<&str> = others.iter().map(|info| info.sid.as_str()).collect();
        let gone = self
            .remotes
            .values()
            .filter(|info| !present.contains(info.sid.as_str()));
        let gone: Vec<String> = gone.map(|info| info.identity.clone()).collect();
        for identity in gone {
            self.left(&identity, proto::DisconnectReason::UnknownReason, events);
        }
        for info in others {
            self.remote(info.clone(), events);
        }
    }

    /// Takes over participants that came, changed or left.
    pub(crate) fn update(&mut self, infos: Vec<proto::ParticipantInfo>, events: &mut Vec<Event>) {
        for info in infos {
            if info.identity == self.local.identity {
                // An earlier session of the same identity ends with its own identifier.
                if info.sid == self.local.sid {
                    changes(&self.local, &info, events);
                    self.local = info;
                }
            } else {
                self.remote(info, events);
            }
        }
    }

    fn remote(&mut self, mut info: proto::ParticipantInfo, events: &mut Vec<Event>) {
        info.tracks.truncate(MAX_TRACKS);
        let identity = info.identity.clone();
        let known = self.remotes.get(&identity);
        let same = known.is_some_and(|known| known.sid == info.sid);
        if info.state() == State::Disconnected {
            if same {
                self.left(&identity, info.disconnect_reason(), events);
            }
            return;
        }
        if known.is_some() && !same {
            self.left(&identity, proto::DisconnectReason::UnknownReason, events);
        }
        match self.remotes.get(&identity) {
            None if self.remotes.len() >= MAX_PARTICIPANTS => return,
            None => {
                events.push(Event::ParticipantConnected(Box::new(info.clone())));
                for track in &info.tracks {
                    let track = Box::new(track.clone());
                    events.push(Event::TrackPublished(identity.clone(), track));
                }
            }
            Some(known) if info.version < known.version => return,
            Some(known) => {
                changes(known, &info, events);
                let ended = self.track_changes(&identity, &info, events);
                for track in ended {
                    self.unsubscribe(&track, events);
                    self.desired.remove(&track);
                    events.push(Event::TrackUnpublished(identity.clone(), track));
                }
            }
        }
        self.remotes.insert(identity, info);
    }

    /// Events of tracks that came or changed; returns those that ended.
    fn track_changes(
        &self,
        identity: &str,
        info: &proto::ParticipantInfo,
        events: &mut Vec<Event>,
    ) -> Vec<String> {
        let former = self
            .remotes
            .get(identity)
            .map_or(&[][..], |known| &known.tracks);
        for track in &info.tracks {
            match former.iter().find(|known| known.sid == track.sid) {
                None => {
                    let track = Box::new(track.clone());
                    events.push(Event::TrackPublished(identity.to_owned(), track));
                }
                Some(known) if known.muted != track.muted => events.push(Event::TrackMuted {
                    participant: identity.to_owned(),
                    track: track.sid.clone(),
                    muted: track.muted,
                }),
                Some(_) => {}
            }
        }
        let remains = |sid: &String| info.tracks.iter().any(|track| track.sid == *sid);
        let sids = former.iter().map(|track| track.sid.clone());
        sids.filter(|sid| !remains(sid)).collect()
    }

    fn left(&mut self, identity: &str, reason: proto::DisconnectReason, events: &mut Vec<Event>) {
        let Some(info) = self.remotes.remove(identity) else {
            return;
        };
        for track in info.tracks {
            self.unsubscribe(&track.sid, events);
            self.desired.remove(&track.sid);
            events.push(Event::TrackUnpublished(identity.to_owned(), track.sid));
        }
        self.speakers.remove(&info.sid);
        events.push(Event::ParticipantDisconnected(identity.to_owned(), reason));
    }

    /// Takes over which tracks have a media section.
    pub(crate) fn sections<'a>(
        &mut self,
        tracks: impl Iterator<Item = &'a str>,
        events: &mut Vec<Event>,
    ) {
        let present: HashSet<&str> = tracks.collect();
        let gone = self
            .subscribed
            .keys()
            .filter(|sid| !present.contains(sid.as_str()));
        let gone: Vec<String> = gone.cloned().collect();
        gone.iter().for_each(|sid| self.unsubscribe(sid, events));
        for info in self.remotes.values() {
            for track in &info.tracks {
                let sid = &track.sid;
                if present.contains(sid.as_str())
                    && !self.subscribed.contains_key(sid)
                    && self.is_desired(sid)
                {
                    self.subscribed.insert(sid.clone(), info.identity.clone());
                    let participant = info.identity.clone();
                    events.push(Event::TrackSubscribed(participant, sid.clone()));
                }
            }
        }
    }

    pub(crate) fn is_subscribed(&self, track: &str) -> bool {
        self.subscribed.contains_key(track)
    }

    fn is_desired(&self, track: &str) -> bool {
        self.desired
            .get(track)
            .copied()
            .unwrap_or(self.auto_subscribe)
    }

    /// Notes a wish; false if nobody publishes the track.
    pub(crate) fn desire(&mut self, track: &str, wanted: bool, events: &mut Vec<Event>) -> bool {
        if self.publisher(track).is_none() {
            return false;
        }
        self.desired.insert(track.to_owned(), wanted);
        if !wanted {
            self.unsubscribe(track, events);
        }
        true
    }

    /// Tracks whose wish differs from the automatic subscription.
    pub(crate) fn exceptions(&self) -> Vec<String> {
        let differs = |(_, wanted): &(&String, &bool)| **wanted != self.auto_subscribe;
        let all = self.desired.iter().filter(differs);
        all.map(|(track, _)| track.clone()).collect()
    }

    /// The participant that publishes a track.
    pub(crate) fn publisher(&self, track: &str) -> Option<&proto::ParticipantInfo> {
        let publishes = |info: &&proto::ParticipantInfo| info.tracks.iter().any(|t| t.sid == track);
        self.remotes.values().find(publishes)
    }

    pub(crate) fn unsubscribe(&mut self, track: &str, events: &mut Vec<Event>) {
        if let Some(participant) = self.subscribed.remove(track) {
            events.push(Event::TrackUnsubscribed(participant, track.to_owned()));
        }
    }

    /// Every track ends: the session is a new one. Wishes stay for tracks that stay.
    pub(crate) fn unsubscribe_all(&mut self, events: &mut Vec<Event>) {
        let all: Vec<String> = self.subscribed.keys().cloned().collect();
        all.iter().for_each(|track| self.unsubscribe(track, events));
    }

    /// Takes over changes of who speaks.
    pub(crate) fn speaking(&mut self, changes: Vec<proto::SpeakerInfo>, events: &mut Vec<Event>) {
        for speaker in changes {
            if !speaker.active {
                self.speakers.remove(&speaker.sid);
            } else if self.identity(&speaker.sid).is_some() {
                self.speakers.insert(speaker.sid, speaker.level);
            }
        }
        let named = |(sid, level): (&String, &f32)| {
            Some(Speaker {
                participant: self.identity(sid)?.to_owned(),
                level: *level,
            })
        };
        let mut speakers: Vec<Speaker> = self.speakers.iter().filter_map(named).collect();
        speakers.sort_by(|a, b| b.level.total_cmp(&a.level));
        events.push(Event::ActiveSpeakers(speakers));
    }

    /// Identity of a participant by its session identifier.
    pub(crate) fn identity(&self, sid: &str) -> Option<&str> {
        if self.local.sid == sid {
            return Some(&self.local.identity);
        }
        let remote = self.remotes.values().find(|info| info.sid == sid);
        remote.map(|info| info.identity.as_str())
    }
}

/// Events of what differs between two states of a participant, except its tracks.
fn changes(from: &proto::ParticipantInfo, to: &proto::ParticipantInfo, events: &mut Vec<Event>) {
    let identity = || to.identity.clone();
    if from.state() != State::Active && to.state() == State::Active {
        events.push(Event::ParticipantActive(identity()));
    }
    if from.name != to.name {
        events.push(Event::NameChanged(identity(), to.name.clone()));
    }
    if from.metadata != to.metadata {
        events.push(Event::MetadataChanged(identity(), to.metadata.clone()));
    }
    if from.attributes != to.attributes {
        let (old, new) = (&from.attributes, &to.attributes);
        let set = new
            .iter()
            .filter(|(key, value)| old.get(*key) != Some(value));
        let mut changed: HashMap<String, String> = set
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let removed = old.keys().filter(|key| !new.contains_key(*key));
        changed.extend(removed.map(|key| (key.clone(), String::new())));
        events.push(Event::AttributesChanged {
            participant: identity(),
            all: new.clone(),
            changed,
        });
    }
    if from.permission != to.permission {
        let permission = to.permission.clone().map(Box::new);
        events.push(Event::PermissionChanged(identity(), permission));
    }
}
