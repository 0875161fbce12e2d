//! One engine event: the state it changes, and what the program is told.

use std::collections::HashMap;
use std::sync::Arc;

use super::session::Session;
use super::{RoomEvent, RoomInfo};
use crate::data_stream::TakeCell;
use crate::engine::{Event, ParticipantInfo, PublicationInfo, Track};
use crate::id::{ParticipantIdentity, TrackSid};
use crate::participant::{Participant, ParticipantState};
use crate::track::{RemoteTrack, TrackError};

impl Session {
    /// Takes an event over; `None` when there is nothing to tell, or it is about something unknown.
    pub(super) fn apply(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::RoomMetadataChanged(metadata) => {
                let old_metadata = self
                    .change_info(|info| std::mem::replace(&mut info.metadata, metadata.clone()));
                RoomEvent::RoomMetadataChanged {
                    old_metadata,
                    metadata,
                }
            }
            Event::RoomSidChanged(sid) => {
                self.set_sid(sid);
                return None;
            }
            Event::RoomUpdated(room) => RoomEvent::RoomUpdated {
                room: self.update(room),
            },
            Event::Moved(room) => RoomEvent::Moved {
                room: self.update(room),
            },
            Event::ConnectionStateChanged(state) => {
                self.change_info(|info| info.state = state);
                RoomEvent::ConnectionStateChanged(state)
            }
            Event::BufferedAmountLowThresholdChanged(kind, threshold) => {
                RoomEvent::DataChannelBufferedAmountLowThresholdChanged { kind, threshold }
            }
            Event::TokenRefreshed(token) => {
                self.set_token(token.clone());
                RoomEvent::TokenRefreshed { token }
            }
            Event::Reconnecting => RoomEvent::Reconnecting,
            Event::Reconnected => RoomEvent::Reconnected,
            event => return self.apply_message(event),
        })
    }

    /// What participants send each other beside media.
    fn apply_message(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::Data {
                identity,
                payload,
                topic,
                kind,
            } => {
                let participant = self.remote(&identity);
                RoomEvent::DataReceived {
                    payload: Arc::new(payload),
                    topic,
                    kind,
                    participant,
                }
            }
            Event::Dtmf {
                identity,
                code,
                digit,
            } => RoomEvent::SipDTMFReceived {
                code,
                digit,
                participant: self.remote(&identity),
            },
            Event::Chat(identity, message) => RoomEvent::ChatMessage {
                message,
                participant: self.remote(&identity),
            },
            Event::Transcription {
                identity,
                track,
                segments,
            } => {
                let participant = identity.and_then(|identity| self.participant(&identity));
                let track_publication = participant
                    .as_ref()
                    .zip(track)
                    .and_then(|(participant, sid)| participant.publication(&sid));
                RoomEvent::TranscriptionReceived {
                    participant,
                    track_publication,
                    segments,
                }
            }
            event => return self.apply_stream(event),
        })
    }

    fn apply_stream(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::TextStream(participant_identity, reader) => {
                let topic = reader.topic().to_owned();
                RoomEvent::TextStreamOpened {
                    reader: TakeCell::new(reader),
                    topic,
                    participant_identity,
                }
            }
            Event::ByteStream(participant_identity, reader) => {
                let topic = reader.topic().to_owned();
                RoomEvent::ByteStreamOpened {
                    reader: TakeCell::new(reader),
                    topic,
                    participant_identity,
                }
            }
            event => return self.apply_local_track(event),
        })
    }

    fn apply_local_track(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::LocalTrackPublished(sid) => {
                // It tells this itself, now or when the request to publish ends.
                self.local().published(sid);
                return None;
            }
            Event::LocalTrackUnpublished(sid) => {
                let publication = self.local().unpublished(&sid)?;
                RoomEvent::LocalTrackUnpublished {
                    publication,
                    participant: self.local().clone(),
                }
            }
            Event::LocalTrackRepublished(previous_sid, info) => {
                self.republished(previous_sid, info)?
            }
            Event::LocalTrackSubscribed(sid) => RoomEvent::LocalTrackSubscribed {
                track: self.local().get_track_publication(&sid)?.track()?,
            },
            event => return self.apply_remote_track(event),
        })
    }

    fn apply_remote_track(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::TrackPublished(identity, info, publication) => {
                let participant = self.remote(&identity)?;
                let publication = self.publish(&participant, info, publication);
                RoomEvent::TrackPublished {
                    publication,
                    participant,
                }
            }
            Event::TrackUnpublished(identity, sid) => {
                let participant = self.remote(&identity)?;
                let publication = participant.unpublished(&sid)?;
                RoomEvent::TrackUnpublished {
                    publication,
                    participant,
                }
            }
            Event::TrackSubscribed(identity, track) => self.subscribed(&identity, track)?,
            Event::TrackUnsubscribed(identity, sid) => {
                let participant = self.remote(&identity)?;
                let publication = participant.get_track_publication(&sid)?;
                RoomEvent::TrackUnsubscribed {
                    track: publication.unsubscribed()?,
                    publication,
                    participant,
                }
            }
            Event::TrackSubscriptionFailed(identity, track_sid, reason) => {
                tracing::debug!(target: "livekit", %track_sid, reason, "subscription failed");
                let error = TrackError::TrackNotFound(track_sid.clone());
                RoomEvent::TrackSubscriptionFailed {
                    participant: self.remote(&identity)?,
                    error,
                    track_sid,
                }
            }
            Event::TrackMuted(identity, sid, muted) => {
                let participant = self.participant(&identity)?;
                let publication = participant.publication(&sid)?;
                publication.was_muted(muted);
                if muted {
                    RoomEvent::TrackMuted {
                        participant,
                        publication,
                    }
                } else {
                    RoomEvent::TrackUnmuted {
                        participant,
                        publication,
                    }
                }
            }
            event => return self.apply_participant(event),
        })
    }

    fn apply_participant(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::ParticipantConnected(info) => RoomEvent::ParticipantConnected(self.add(info)),
            Event::ParticipantActive(identity) => {
                let participant = self.remote(&identity)?;
                participant
                    .describe()
                    .change(|known| known.info.state = ParticipantState::Active);
                RoomEvent::ParticipantActive(participant)
            }
            Event::ParticipantDisconnected(identity, reason) => {
                let participant = self.remove(&identity)?;
                participant.describe().gone(reason.into());
                RoomEvent::ParticipantDisconnected(participant)
            }
            Event::ParticipantsUpdated(infos) => {
                let participants = infos
                    .into_iter()
                    .filter_map(|info| self.describe(info))
                    .collect();
                RoomEvent::ParticipantsUpdated { participants }
            }
            Event::ActiveSpeakersChanged(identities) => self.speaking(&identities),
            Event::ConnectionQualityChanged(identity, quality) => {
                let participant = self.participant(&identity)?;
                participant
                    .describe()
                    .change(|known| known.quality = quality);
                RoomEvent::ConnectionQualityChanged {
                    quality,
                    participant,
                }
            }
            event => return self.apply_description(event),
        })
    }

    /// What is said of a participant.
    fn apply_description(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::MetadataChanged(identity, metadata) => {
                let participant = self.participant(&identity)?;
                let old_metadata = participant
                    .describe()
                    .change(|known| std::mem::replace(&mut known.info.metadata, metadata.clone()));
                RoomEvent::ParticipantMetadataChanged {
                    participant,
                    old_metadata,
                    metadata,
                }
            }
            Event::NameChanged(identity, name) => {
                let participant = self.participant(&identity)?;
                let old_name = participant
                    .describe()
                    .change(|known| std::mem::replace(&mut known.info.name, name.clone()));
                RoomEvent::ParticipantNameChanged {
                    participant,
                    old_name,
                    name,
                }
            }
            Event::AttributesChanged {
                identity,
                all,
                changed,
            } => self.attributes(&identity, all, changed)?,
            Event::EncryptionStatusChanged(identity, is_encrypted) => {
                let participant = self.participant(&identity)?;
                participant
                    .describe()
                    .change(|known| known.encrypted = is_encrypted);
                RoomEvent::ParticipantEncryptionStatusChanged {
                    participant,
                    is_encrypted,
                }
            }
            Event::EncryptionStateChanged(identity, state) => RoomEvent::E2eeStateChanged {
                participant: self.participant(&identity)?,
                state,
            },
            Event::PermissionChanged(identity, permission) => {
                let participant = self.participant(&identity)?;
                participant
                    .describe()
                    .change(|known| known.info.permission.clone_from(&permission));
                RoomEvent::ParticipantPermissionChanged {
                    participant,
                    permission,
                }
            }
            _ => return None,
        })
    }

    fn update(&self, mut room: RoomInfo) -> RoomInfo {
        let sid = room.sid.clone();
        self.change_info(|info| {
            room.state = info.state;
            room.sid = room.sid.take().or_else(|| info.sid.clone());
            *info = room.clone();
        });
        if let Some(sid) = sid {
            self.set_sid(sid);
        }
        room
    }

    fn republished(&self, previous_sid: TrackSid, info: PublicationInfo) -> Option<RoomEvent> {
        let publication = self.local().renumber(&previous_sid, info.sid.clone())?;
        publication.republished(info);
        let track = publication.track()?;
        Some(RoomEvent::LocalTrackRepublished {
            previous_sid,
            publication,
            track,
            participant: self.local().clone(),
        })
    }

    fn subscribed(&self, identity: &ParticipantIdentity, track: Track) -> Option<RoomEvent> {
        let participant = self.remote(identity)?;
        let publication = participant.get_track_publication(&track.info.sid)?;
        let track = RemoteTrack::new(track, publication.source());
        publication.subscribed(track.clone());
        Some(RoomEvent::TrackSubscribed {
            track,
            publication,
            participant,
        })
    }

    fn describe(&self, info: ParticipantInfo) -> Option<Participant> {
        let participant = self.participant(&info.identity)?;
        participant.describe().change(|known| known.info = info);
        Some(participant)
    }

    fn attributes(
        &self,
        identity: &ParticipantIdentity,
        all: HashMap<String, String>,
        changed_attributes: HashMap<String, String>,
    ) -> Option<RoomEvent> {
        let participant = self.participant(identity)?;
        participant
            .describe()
            .change(|known| known.info.attributes = all);
        Some(RoomEvent::ParticipantAttributesChanged {
            participant,
            changed_attributes,
        })
    }

    fn speaking(&self, identities: &[ParticipantIdentity]) -> RoomEvent {
        let everybody = self.remotes().into_values().map(Participant::Remote);
        for participant in everybody.chain([Participant::Local(self.local().clone())]) {
            let speaking = identities.contains(&participant.identity());
            participant
                .describe()
                .change(|known| known.speaking = speaking);
        }
        let speakers = identities
            .iter()
            .filter_map(|identity| self.participant(identity))
            .collect();
        RoomEvent::ActiveSpeakersChanged { speakers }
    }
}
