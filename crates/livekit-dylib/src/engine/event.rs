//! Room events, in the order in which the engine sends them.

use std::collections::HashMap;

use livekit_common::ParticipantIdentity;
use livekit_protocol::{DisconnectReason, ParticipantPermission};
use parking_lot::Mutex;

use super::convert;
use super::info::{ParticipantInfo, PublicationInfo, RoomInfo};
use super::media::{Publication, Track};
use crate::data_stream::{ByteStreamReader, TextStreamReader, ZeroLengthStreams};
use crate::ffi::{self, Ev, EventQueue, Handle};
use crate::id::TrackSid;
use crate::proto::{self, data_packet_received, room_event};

/// A room event.
#[derive(Debug)]
pub(crate) enum Event {
    ParticipantConnected(ParticipantInfo),
    ParticipantDisconnected(ParticipantIdentity, DisconnectReason),
    ParticipantsUpdated(Vec<ParticipantInfo>),
    LocalTrackUnpublished(TrackSid),
    LocalTrackRepublished(TrackSid, PublicationInfo),
    LocalTrackSubscribed(TrackSid),
    TrackPublished(ParticipantIdentity, PublicationInfo, Publication),
    TrackUnpublished(ParticipantIdentity, TrackSid),
    TrackSubscribed(ParticipantIdentity, Track),
    TrackUnsubscribed(ParticipantIdentity, TrackSid),
    TrackSubscriptionFailed(ParticipantIdentity, TrackSid, String),
    TrackMuted(ParticipantIdentity, TrackSid, bool),
    MetadataChanged(ParticipantIdentity, String),
    NameChanged(ParticipantIdentity, String),
    AttributesChanged(ParticipantIdentity, HashMap<String, String>),
    PermissionChanged(ParticipantIdentity, Option<ParticipantPermission>),
    Dtmf(Option<String>),
    TextStream(ParticipantIdentity, TextStreamReader),
    ByteStream(ParticipantIdentity, ByteStreamReader),
    RoomMetadataChanged(String),
    RoomUpdated(RoomInfo),
    TokenRefreshed(String),
    Reconnecting,
    Reconnected,
    Disconnected(DisconnectReason),
    /// Always the last event.
    Ended,
}

/// The event queue of one room.
#[derive(Debug)]
pub(crate) struct Events {
    queue: EventQueue,
    zero_length: Mutex<ZeroLengthStreams>,
}

impl Events {
    pub(super) fn of(room: u64) -> Self {
        Self {
            queue: ffi::subscribe(room),
            zero_length: Mutex::default(),
        }
    }

    /// Waits for the next event; [`Event::Ended`] is the last.
    pub(crate) async fn next(&self) -> Event {
        loop {
            match self.queue.recv().await {
                Some(Ev::RoomEvent(proto::RoomEvent {
                    message: Some(message),
                    ..
                })) => {
                    if let Some(event) = self.event(message) {
                        return event;
                    }
                }
                Some(_) => {}
                None => return Event::Ended,
            }
        }
    }

    /// Converts an event with [`event`]. Feeds byte streams that the core cannot read to their
    /// readers.
    fn event(&self, message: room_event::Message) -> Option<Event> {
        use room_event::Message;
        let mut zero_length = self.zero_length.lock();
        match message {
            Message::ByteStreamOpened(e) if zero_length.opened(&e) => {
                let reader = ByteStreamReader::from_packets(e.reader);
                return Some(Event::ByteStream(e.participant_identity.into(), reader));
            }
            Message::StreamChunkReceived(e) => zero_length
                .chunk(e)
                .into_iter()
                .for_each(ffi::send_reader_event),
            Message::StreamTrailerReceived(e) => {
                zero_length
                    .trailer(e)
                    .into_iter()
                    .for_each(ffi::send_reader_event);
            }
            message => {
                if let Message::ParticipantDisconnected(e) = &message {
                    let ended = zero_length.left(&e.participant_identity);
                    ended.into_iter().for_each(ffi::send_reader_event);
                }
                return event(message);
            }
        }
        None
    }
}

/// Converts an event of the native core; `None` if this crate does not use it.
fn event(message: room_event::Message) -> Option<Event> {
    use room_event::Message;
    Some(match message {
        Message::RoomMetadataChanged(e) => Event::RoomMetadataChanged(e.metadata),
        Message::RoomUpdated(room) | Message::Moved(room) => Event::RoomUpdated(room.into()),
        Message::TokenRefreshed(e) => Event::TokenRefreshed(e.token),
        Message::Reconnecting(_) => Event::Reconnecting,
        Message::Reconnected(_) => Event::Reconnected,
        Message::Disconnected(e) => Event::Disconnected(convert::disconnect_reason(e.reason)),
        Message::Eos(_) => Event::Ended,
        Message::DataPacketReceived(proto::DataPacketReceived {
            value: Some(data_packet_received::Value::SipDtmf(dtmf)),
            ..
        }) => Event::Dtmf(dtmf.digit),
        Message::TextStreamOpened(e) => Event::TextStream(
            e.participant_identity.into(),
            TextStreamReader::from_proto(e.reader),
        ),
        Message::ByteStreamOpened(e) => Event::ByteStream(
            e.participant_identity.into(),
            ByteStreamReader::from_proto(e.reader),
        ),
        message => return track_event(message),
    })
}

/// Converts track events.
fn track_event(message: room_event::Message) -> Option<Event> {
    use room_event::Message;
    Some(match message {
        Message::LocalTrackUnpublished(e) => {
            Event::LocalTrackUnpublished(TrackSid(e.publication_sid))
        }
        Message::LocalTrackRepublished(e) => {
            // The core creates a new handle for the republished track. Nothing needs it.
            drop(Handle::new(proto::FfiOwnedHandle {
                id: e.publication_handle,
            }));
            Event::LocalTrackRepublished(TrackSid(e.previous_sid), e.info.into())
        }
        Message::LocalTrackSubscribed(e) => Event::LocalTrackSubscribed(TrackSid(e.track_sid)),
        Message::TrackPublished(e) => {
            let (info, publication) = Publication::new(e.publication);
            Event::TrackPublished(e.participant_identity.into(), info, publication)
        }
        Message::TrackUnpublished(e) => {
            Event::TrackUnpublished(e.participant_identity.into(), TrackSid(e.publication_sid))
        }
        Message::TrackSubscribed(e) => {
            Event::TrackSubscribed(e.participant_identity.into(), Track::new(e.track))
        }
        Message::TrackUnsubscribed(e) => {
            Event::TrackUnsubscribed(e.participant_identity.into(), TrackSid(e.track_sid))
        }
        Message::TrackSubscriptionFailed(e) => Event::TrackSubscriptionFailed(
            e.participant_identity.into(),
            TrackSid(e.track_sid),
            e.error,
        ),
        Message::TrackMuted(e) => {
            Event::TrackMuted(e.participant_identity.into(), TrackSid(e.track_sid), true)
        }
        Message::TrackUnmuted(e) => {
            Event::TrackMuted(e.participant_identity.into(), TrackSid(e.track_sid), false)
        }
        message => return participant_event(message),
    })
}

/// Converts participant events.
fn participant_event(message: room_event::Message) -> Option<Event> {
    use room_event::Message;
    Some(match message {
        Message::ParticipantConnected(e) => {
            // No request needs the handle of a remote participant.
            drop(Handle::new(e.info.handle));
            Event::ParticipantConnected(e.info.info.into())
        }
        Message::ParticipantDisconnected(e) => Event::ParticipantDisconnected(
            e.participant_identity.into(),
            convert::disconnect_reason(e.disconnect_reason),
        ),
        Message::ParticipantsUpdated(e) => {
            Event::ParticipantsUpdated(e.participants.into_iter().map(Into::into).collect())
        }
        Message::ParticipantMetadataChanged(e) => {
            Event::MetadataChanged(e.participant_identity.into(), e.metadata)
        }
        Message::ParticipantNameChanged(e) => {
            Event::NameChanged(e.participant_identity.into(), e.name)
        }
        Message::ParticipantAttributesChanged(e) => {
            Event::AttributesChanged(e.participant_identity.into(), entries(e.attributes))
        }
        Message::ParticipantPermissionChanged(e) => Event::PermissionChanged(
            e.participant_identity.into(),
            e.permission.map(convert::permission),
        ),
        unused => {
            ffi::release_room_event(unused);
            return None;
        }
    })
}

fn entries(entries: Vec<proto::AttributesEntry>) -> HashMap<String, String> {
    entries
        .into_iter()
        .map(|entry| (entry.key, entry.value))
        .collect()
}
