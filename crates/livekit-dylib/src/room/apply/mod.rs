//! Applies engine events to the state of the room and converts them to room events.

mod participants;
mod tracks;

use super::event::RoomEvent;
use super::session::Session;
use crate::data_stream::TakeCell;
use crate::engine::Event;

impl Session {
    /// Applies an event. Returns `None` if it produces no room event or refers to an unknown
    /// object.
    pub(super) fn apply(&self, event: Event) -> Option<RoomEvent> {
        Some(match event {
            Event::RoomMetadataChanged(metadata) => {
                self.change_info(|info| info.metadata = metadata);
                return None;
            }
            Event::RoomUpdated(room) => {
                self.change_info(|info| *info = room);
                return None;
            }
            Event::TokenRefreshed(token) => RoomEvent::TokenRefreshed { token },
            Event::Reconnecting => RoomEvent::Reconnecting,
            Event::Reconnected => RoomEvent::Reconnected,
            Event::Dtmf(digit) => RoomEvent::SipDTMFReceived { digit },
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
}
