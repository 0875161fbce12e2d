//! Room events and the state of the connection.

use std::collections::HashMap;
use std::sync::Arc;

use livekit_protocol::{DisconnectReason, ParticipantPermission};

use super::message::{ChatMessage, DataPacketKind, TranscriptionSegment};
use crate::data_stream::{ByteStreamReader, TakeCell, TextStreamReader};
use crate::id::{ParticipantIdentity, RoomSid, TrackSid};
use crate::participant::{ConnectionQuality, LocalParticipant, Participant, RemoteParticipant};
use crate::publication::{LocalTrackPublication, RemoteTrackPublication, TrackPublication};
use crate::track::{LocalTrack, RemoteTrack, TrackError};
use crate::webrtc::native::frame_cryptor::EncryptionState;

/// State of a room's connection.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ConnectionState {
    /// The connection has ended and is not restored.
    Disconnected,
    /// Connected.
    Connected,
    /// The connection was lost and is being restored.
    Reconnecting,
}

/// Room properties as reported by the server.
#[derive(Clone, Debug)]
pub struct RoomInfo {
    /// Identifier of the room session; `None` until the server has reported it.
    pub sid: Option<RoomSid>,
    /// Name of the room.
    pub name: String,
    /// Application-defined metadata of the room.
    pub metadata: String,
    /// State of the connection.
    pub state: ConnectionState,
    /// Options of the lossy data channel.
    pub lossy_dc_options: DataChannelOptions,
    /// Options of the reliable data channel.
    pub reliable_dc_options: DataChannelOptions,
    /// Seconds that the room stays open before anyone joins.
    pub empty_timeout: u32,
    /// Seconds that the room stays open after everyone has left.
    pub departure_timeout: u32,
    /// Maximum number of participants; 0 means no limit.
    pub max_participants: u32,
    /// Creation time, in milliseconds since the Unix epoch.
    pub creation_time: i64,
    /// Number of participants who publish tracks.
    pub num_publishers: u32,
    /// Number of participants in the room.
    pub num_participants: u32,
    /// Whether the room is being recorded.
    pub active_recording: bool,
}

/// Options of a data channel.
#[derive(Clone, Debug)]
pub struct DataChannelOptions {
    /// Number of buffered bytes at or below which the buffer counts as low.
    pub buffered_amount_low_threshold: u64,
}

impl Default for DataChannelOptions {
    fn default() -> Self {
        Self {
            buffered_amount_low_threshold: 2 * 1024 * 1024,
        }
    }
}

/// An event in a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub enum RoomEvent {
    /// A participant joined. It may not receive data packets yet.
    ParticipantConnected(RemoteParticipant),
    /// A participant is active: it can receive data packets.
    ParticipantActive(RemoteParticipant),
    /// A participant left.
    ParticipantDisconnected(RemoteParticipant),
    /// The local participant published a track.
    LocalTrackPublished {
        publication: LocalTrackPublication,
        track: LocalTrack,
        participant: LocalParticipant,
    },
    /// The local participant unpublished a track.
    LocalTrackUnpublished {
        publication: LocalTrackPublication,
        participant: LocalParticipant,
    },
    /// A local track was republished with a new identifier after a reconnect.
    LocalTrackRepublished {
        previous_sid: TrackSid,
        publication: LocalTrackPublication,
        track: LocalTrack,
        participant: LocalParticipant,
    },
    /// A remote participant subscribed to a local track.
    LocalTrackSubscribed { track: LocalTrack },
    /// The local participant is subscribed to a remote track; its media is available.
    TrackSubscribed {
        track: RemoteTrack,
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// The local participant is unsubscribed from a remote track; its media has ended.
    TrackUnsubscribed {
        track: RemoteTrack,
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// A subscription to a remote track failed.
    TrackSubscriptionFailed {
        participant: RemoteParticipant,
        error: TrackError,
        track_sid: TrackSid,
    },
    /// A remote participant published a track.
    TrackPublished {
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// A remote participant unpublished a track.
    TrackUnpublished {
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// A track was muted.
    TrackMuted {
        participant: Participant,
        publication: TrackPublication,
    },
    /// A track was unmuted.
    TrackUnmuted {
        participant: Participant,
        publication: TrackPublication,
    },
    /// The metadata of the room changed.
    RoomMetadataChanged {
        old_metadata: String,
        metadata: String,
    },
    /// The metadata of a participant changed.
    ParticipantMetadataChanged {
        participant: Participant,
        old_metadata: String,
        metadata: String,
    },
    /// The name of a participant changed.
    ParticipantNameChanged {
        participant: Participant,
        old_name: String,
        name: String,
    },
    /// Attributes of a participant changed; contains only the changed ones.
    ParticipantAttributesChanged {
        participant: Participant,
        changed_attributes: HashMap<String, String>,
    },
    /// The encryption status of a participant changed: whether all of its media is end-to-end
    /// encrypted.
    ParticipantEncryptionStatusChanged {
        participant: Participant,
        is_encrypted: bool,
    },
    /// The permissions of a participant changed.
    ParticipantPermissionChanged {
        participant: Participant,
        permission: Option<ParticipantPermission>,
    },
    /// The set of active speakers changed.
    ActiveSpeakersChanged { speakers: Vec<Participant> },
    /// The connection quality of a participant changed.
    ConnectionQualityChanged {
        quality: ConnectionQuality,
        participant: Participant,
    },
    /// A data packet arrived; `participant` is `None` if the server sent it.
    DataReceived {
        payload: Arc<Vec<u8>>,
        topic: Option<String>,
        kind: DataPacketKind,
        participant: Option<RemoteParticipant>,
    },
    /// Transcription segments arrived over the legacy transcription API.
    TranscriptionReceived {
        participant: Option<Participant>,
        track_publication: Option<TrackPublication>,
        segments: Vec<TranscriptionSegment>,
    },
    /// A participant sent a DTMF tone.
    SipDTMFReceived {
        code: u32,
        digit: Option<String>,
        participant: Option<RemoteParticipant>,
    },
    /// A chat message arrived over the legacy chat API.
    ChatMessage {
        message: ChatMessage,
        participant: Option<RemoteParticipant>,
    },
    /// A remote participant opened a byte stream.
    ByteStreamOpened {
        reader: TakeCell<ByteStreamReader>,
        topic: String,
        participant_identity: ParticipantIdentity,
    },
    /// A remote participant opened a text stream.
    TextStreamOpened {
        reader: TakeCell<TextStreamReader>,
        topic: String,
        participant_identity: ParticipantIdentity,
    },
    /// The encryption state of a participant's track changed.
    E2eeStateChanged {
        participant: Participant,
        state: EncryptionState,
    },
    /// The state of the connection changed.
    ConnectionStateChanged(ConnectionState),
    /// The room has been joined. Always the first event.
    Connected {
        participants_with_tracks: Vec<(RemoteParticipant, Vec<RemoteTrackPublication>)>,
    },
    /// The room has been left or has ended. Always the last event.
    Disconnected { reason: DisconnectReason },
    /// The connection was lost and is being restored.
    Reconnecting,
    /// The connection was restored.
    Reconnected,
    /// The buffered-amount-low threshold of a data channel changed.
    DataChannelBufferedAmountLowThresholdChanged {
        kind: DataPacketKind,
        threshold: u64,
    },
    /// The room's properties changed.
    RoomUpdated { room: RoomInfo },
    /// The server moved the local participant to another room.
    Moved { room: RoomInfo },
    /// The descriptions of participants changed.
    ParticipantsUpdated { participants: Vec<Participant> },
    /// The server sent a refreshed access token.
    TokenRefreshed { token: String },
}
