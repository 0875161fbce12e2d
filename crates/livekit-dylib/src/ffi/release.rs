//! Frees the native objects owned by unconsumed events.

use super::core::{next_async_id, send};
use super::handle::Handle;
use crate::proto::{
    self, Ev, Req, audio_stream_event, connect_callback, data_packet_received,
    publish_track_callback, room_event,
};

/// Frees all native objects owned by an event that has no receiver.
pub(super) fn release(event: Ev) {
    match event {
        Ev::RoomEvent(proto::RoomEvent {
            message: Some(message),
            ..
        }) => release_room_event(message),
        Ev::AudioStreamEvent(proto::AudioStreamEvent {
            message: Some(audio_stream_event::Message::FrameReceived(received)),
            ..
        }) => drop(Handle::new(received.frame.handle)),
        Ev::Connect(proto::ConnectCallback {
            message: Some(connect_callback::Message::Result(joined)),
            ..
        }) => {
            leave(joined);
        }
        Ev::PublishTrack(proto::PublishTrackCallback {
            message: Some(publish_track_callback::Message::Publication(publication)),
            ..
        }) => drop(Handle::new(publication.handle)),
        Ev::TextStreamOpen(proto::TextStreamOpenCallback {
            result: Some(proto::text_stream_open_callback::Result::Writer(writer)),
            ..
        }) => drop(Handle::new(writer.handle)),
        _ => {}
    }
}

/// Frees all native objects owned by a room event that nobody uses.
pub(crate) fn release_room_event(event: room_event::Message) {
    use room_event::Message;
    match event {
        Message::ParticipantConnected(event) => drop(Handle::new(event.info.handle)),
        Message::TrackPublished(event) => drop(Handle::new(event.publication.handle)),
        Message::TrackSubscribed(event) => drop(Handle::new(event.track.handle)),
        Message::LocalTrackRepublished(event) => drop(Handle::new(proto::FfiOwnedHandle {
            id: event.publication_handle,
        })),
        Message::TextStreamOpened(event) => drop(Handle::new(event.reader.handle)),
        Message::ByteStreamOpened(event) => drop(Handle::new(event.reader.handle)),
        Message::DataPacketReceived(proto::DataPacketReceived {
            value: Some(data_packet_received::Value::User(packet)),
            ..
        }) => drop(Handle::new(packet.data.handle)),
        Message::DataTrackPublished(event) => drop(Handle::new(event.track.handle)),
        _ => {}
    }
}

/// Leaves a room whose join was abandoned before it completed.
///
/// The core panics unless it receives a `ReadyForRoomEvent` request within 15 s, so that is sent
/// first.
fn leave(joined: connect_callback::Result) {
    let room = Handle::new(joined.room.handle);
    let ready = proto::ReadyForRoomEventRequest {
        room_handle: room.id(),
    };
    let disconnect = proto::DisconnectRequest {
        room_handle: room.id(),
        request_async_id: Some(next_async_id()),
        reason: None,
    };
    for request in [Req::ReadyForRoomEvent(ready), Req::Disconnect(disconnect)] {
        if let Err(error) = send(request) {
            tracing::warn!(target: "livekit", %error, "failed to leave a room whose join was abandoned");
        }
    }
    drop(Handle::new(joined.local_participant.handle));
    for remote in joined.participants {
        drop(Handle::new(remote.participant.handle));
        remote
            .publications
            .into_iter()
            .for_each(|publication| drop(Handle::new(publication.handle)));
    }
}
