//! Applies engine events to the state of the room and converts them to room events.

mod participants;
mod tracks;

use std::sync::Arc;

use super::session::Session;
use super::{RoomEvent, RoomInfo};
use crate::data_stream::TakeCell;
use crate::engine::Event;

impl Session {
    /// Applies an event. Returns `None` if it produces no room event or refers to an unknown
    /// object.
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

    /// Applies data packets, DTMF, chat messages and transcriptions.
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
}
