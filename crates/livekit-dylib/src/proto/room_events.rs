//! What happens in a room.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct RoomEvent {
    #[prost(uint64, required, tag = "1")]
    pub room_handle: u64,
    #[prost(
        oneof = "room_event::Message",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 41, 40, 42, 43, 44, 45"
    )]
    pub message: Option<room_event::Message>,
}

pub mod room_event {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(message, tag = "2")]
        ParticipantConnected(ParticipantConnected),
        #[prost(message, tag = "3")]
        ParticipantDisconnected(ParticipantDisconnected),
        #[prost(message, tag = "4")]
        LocalTrackPublished(LocalTrackPublished),
        #[prost(message, tag = "5")]
        LocalTrackUnpublished(LocalTrackUnpublished),
        #[prost(message, tag = "6")]
        LocalTrackSubscribed(LocalTrackSubscribed),
        #[prost(message, tag = "7")]
        TrackPublished(TrackPublished),
        #[prost(message, tag = "8")]
        TrackUnpublished(TrackUnpublished),
        #[prost(message, tag = "9")]
        TrackSubscribed(TrackSubscribed),
        #[prost(message, tag = "10")]
        TrackUnsubscribed(TrackUnsubscribed),
        #[prost(message, tag = "11")]
        TrackSubscriptionFailed(TrackSubscriptionFailed),
        #[prost(message, tag = "12")]
        TrackMuted(TrackMuted),
        #[prost(message, tag = "13")]
        TrackUnmuted(TrackUnmuted),
        #[prost(message, tag = "14")]
        ActiveSpeakersChanged(ActiveSpeakersChanged),
        #[prost(message, tag = "15")]
        RoomMetadataChanged(RoomMetadataChanged),
        #[prost(message, tag = "16")]
        RoomSidChanged(RoomSidChanged),
        #[prost(message, tag = "17")]
        ParticipantMetadataChanged(ParticipantMetadataChanged),
        #[prost(message, tag = "18")]
        ParticipantNameChanged(ParticipantNameChanged),
        #[prost(message, tag = "19")]
        ParticipantAttributesChanged(ParticipantAttributesChanged),
        #[prost(message, tag = "20")]
        ConnectionQualityChanged(ConnectionQualityChanged),
        #[prost(message, tag = "21")]
        ConnectionStateChanged(ConnectionStateChanged),
        #[prost(message, tag = "22")]
        Disconnected(Disconnected),
        #[prost(message, tag = "23")]
        Reconnecting(Reconnecting),
        #[prost(message, tag = "24")]
        Reconnected(Reconnected),
        #[prost(message, tag = "25")]
        E2eeStateChanged(E2eeStateChanged),
        #[prost(message, tag = "26")]
        Eos(RoomEos),
        #[prost(message, tag = "27")]
        DataPacketReceived(DataPacketReceived),
        #[prost(message, tag = "28")]
        TranscriptionReceived(TranscriptionReceived),
        #[prost(message, tag = "29")]
        ChatMessage(ChatMessageReceived),
        #[prost(message, tag = "30")]
        StreamHeaderReceived(DataStreamHeaderReceived),
        #[prost(message, tag = "31")]
        StreamChunkReceived(DataStreamChunkReceived),
        #[prost(message, tag = "32")]
        StreamTrailerReceived(DataStreamTrailerReceived),
        #[prost(message, tag = "33")]
        DataChannelLowThresholdChanged(DataChannelBufferedAmountLowThresholdChanged),
        #[prost(message, tag = "34")]
        ByteStreamOpened(ByteStreamOpened),
        #[prost(message, tag = "35")]
        TextStreamOpened(TextStreamOpened),
        #[prost(message, tag = "36")]
        RoomUpdated(RoomInfo),
        #[prost(message, tag = "37")]
        Moved(RoomInfo),
        #[prost(message, tag = "38")]
        ParticipantsUpdated(ParticipantsUpdated),
        #[prost(message, tag = "39")]
        ParticipantEncryptionStatusChanged(ParticipantEncryptionStatusChanged),
        #[prost(message, tag = "41")]
        ParticipantPermissionChanged(ParticipantPermissionChanged),
        #[prost(message, tag = "40")]
        TokenRefreshed(TokenRefreshed),
        #[prost(message, tag = "42")]
        ParticipantActive(ParticipantActive),
        #[prost(message, tag = "43")]
        DataTrackPublished(DataTrackPublished),
        #[prost(message, tag = "44")]
        DataTrackUnpublished(DataTrackUnpublished),
        #[prost(message, tag = "45")]
        LocalTrackRepublished(LocalTrackRepublished),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantsUpdated {
    #[prost(message, repeated, tag = "1")]
    pub participants: Vec<ParticipantInfo>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantConnected {
    #[prost(message, required, tag = "1")]
    pub info: OwnedParticipant,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantActive {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantDisconnected {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(enumeration = "DisconnectReason", required, tag = "2")]
    pub disconnect_reason: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalTrackPublished {
    #[prost(string, required, tag = "1")]
    pub track_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalTrackUnpublished {
    #[prost(string, required, tag = "1")]
    pub publication_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalTrackRepublished {
    #[prost(uint64, required, tag = "1")]
    pub publication_handle: u64,
    #[prost(string, required, tag = "2")]
    pub previous_sid: String,
    #[prost(message, required, tag = "3")]
    pub info: TrackPublicationInfo,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalTrackSubscribed {
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackPublished {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, required, tag = "2")]
    pub publication: OwnedTrackPublication,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackUnpublished {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub publication_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackSubscribed {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, required, tag = "2")]
    pub track: OwnedTrack,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackUnsubscribed {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackSubscriptionFailed {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
    #[prost(string, required, tag = "3")]
    pub error: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackMuted {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackUnmuted {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct E2eeStateChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(enumeration = "EncryptionState", required, tag = "2")]
    pub state: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ActiveSpeakersChanged {
    #[prost(string, repeated, tag = "1")]
    pub participant_identities: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RoomMetadataChanged {
    #[prost(string, required, tag = "1")]
    pub metadata: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RoomSidChanged {
    #[prost(string, required, tag = "1")]
    pub sid: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantMetadataChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub metadata: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantAttributesChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<AttributesEntry>,
    #[prost(message, repeated, tag = "3")]
    pub changed_attributes: Vec<AttributesEntry>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantEncryptionStatusChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(bool, required, tag = "2")]
    pub is_encrypted: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantNameChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantPermissionChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, optional, tag = "2")]
    pub permission: Option<ParticipantPermission>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ConnectionQualityChanged {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(enumeration = "ConnectionQuality", required, tag = "2")]
    pub quality: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ConnectionStateChanged {
    #[prost(enumeration = "ConnectionState", required, tag = "1")]
    pub state: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Disconnected {
    #[prost(enumeration = "DisconnectReason", required, tag = "1")]
    pub reason: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Reconnecting {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Reconnected {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TokenRefreshed {
    #[prost(string, required, tag = "1")]
    pub token: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RoomEos {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DataChannelBufferedAmountLowThresholdChanged {
    #[prost(enumeration = "DataPacketKind", required, tag = "1")]
    pub kind: i32,
    #[prost(uint64, required, tag = "2")]
    pub threshold: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamOpened {
    #[prost(message, required, tag = "1")]
    pub reader: OwnedByteStreamReader,
    #[prost(string, required, tag = "2")]
    pub participant_identity: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TextStreamOpened {
    #[prost(message, required, tag = "1")]
    pub reader: OwnedTextStreamReader,
    #[prost(string, required, tag = "2")]
    pub participant_identity: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataTrackPublished {
    #[prost(message, required, tag = "1")]
    pub track: OwnedRemoteDataTrack,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataTrackUnpublished {
    #[prost(string, required, tag = "1")]
    pub sid: String,
}
