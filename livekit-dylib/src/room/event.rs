//! What happens in a room.

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

/// Whether a room's connection stands.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ConnectionState {
    /// It does not, and will not.
    Disconnected,
    /// It does.
    Connected,
    /// It was lost and is being restored.
    Reconnecting,
}

/// A room as the server describes it.
#[derive(Clone, Debug)]
pub struct RoomInfo {
    /// Its identifier, once the server has said it.
    pub sid: Option<RoomSid>,
    /// Its name.
    pub name: String,
    /// The program's text about it.
    pub metadata: String,
    /// Whether the connection stands.
    pub state: ConnectionState,
    /// The data channel for what may be lost.
    pub lossy_dc_options: DataChannelOptions,
    /// The data channel for what must arrive.
    pub reliable_dc_options: DataChannelOptions,
    /// Seconds it stays empty before anybody came.
    pub empty_timeout: u32,
    /// Seconds it stays empty after everybody left.
    pub departure_timeout: u32,
    /// How many may come in; 0 is no limit.
    pub max_participants: u32,
    /// When it was made, in Unix milliseconds.
    pub creation_time: i64,
    /// How many publish something.
    pub num_publishers: u32,
    /// How many are in it.
    pub num_participants: u32,
    /// Whether it is being recorded.
    pub active_recording: bool,
}

/// How a data channel is set up.
#[derive(Clone, Debug)]
pub struct DataChannelOptions {
    /// Below how many unsent bytes an event comes.
    pub buffered_amount_low_threshold: u64,
}

impl Default for DataChannelOptions {
    fn default() -> Self {
        Self {
            buffered_amount_low_threshold: 2 * 1024 * 1024,
        }
    }
}

/// Something that happened in a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are what the variant names")]
pub enum RoomEvent {
    /// Somebody came in; it may not hear data packets yet.
    ParticipantConnected(RemoteParticipant),
    /// Somebody hears data packets from now on.
    ParticipantActive(RemoteParticipant),
    /// Somebody is gone.
    ParticipantDisconnected(RemoteParticipant),
    /// A track of our own is published.
    LocalTrackPublished {
        publication: LocalTrackPublication,
        track: LocalTrack,
        participant: LocalParticipant,
    },
    /// A track of our own is published no longer.
    LocalTrackUnpublished {
        publication: LocalTrackPublication,
        participant: LocalParticipant,
    },
    /// A track of our own has a new identifier after a reconnect.
    LocalTrackRepublished {
        previous_sid: TrackSid,
        publication: LocalTrackPublication,
        track: LocalTrack,
        participant: LocalParticipant,
    },
    /// Somebody subscribed to a track of our own.
    LocalTrackSubscribed { track: LocalTrack },
    /// Media of a remote track flows.
    TrackSubscribed {
        track: RemoteTrack,
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// Media of a remote track flows no longer.
    TrackUnsubscribed {
        track: RemoteTrack,
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// Media of a remote track does not come.
    TrackSubscriptionFailed {
        participant: RemoteParticipant,
        error: TrackError,
        track_sid: TrackSid,
    },
    /// Somebody publishes a track.
    TrackPublished {
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// Somebody publishes a track no longer.
    TrackUnpublished {
        publication: RemoteTrackPublication,
        participant: RemoteParticipant,
    },
    /// A track was muted.
    TrackMuted {
        participant: Participant,
        publication: TrackPublication,
    },
    /// A track is not muted any longer.
    TrackUnmuted {
        participant: Participant,
        publication: TrackPublication,
    },
    /// The text about the room changed.
    RoomMetadataChanged {
        old_metadata: String,
        metadata: String,
    },
    /// The text about a participant changed.
    ParticipantMetadataChanged {
        participant: Participant,
        old_metadata: String,
        metadata: String,
    },
    /// A participant's name changed.
    ParticipantNameChanged {
        participant: Participant,
        old_name: String,
        name: String,
    },
    /// A participant's key-value pairs changed.
    ParticipantAttributesChanged {
        participant: Participant,
        changed_attributes: HashMap<String, String>,
    },
    /// All of a participant's media is encrypted end to end, or not all of it.
    ParticipantEncryptionStatusChanged {
        participant: Participant,
        is_encrypted: bool,
    },
    /// What a participant may do changed.
    ParticipantPermissionChanged {
        participant: Participant,
        permission: Option<ParticipantPermission>,
    },
    /// Others than before speak.
    ActiveSpeakersChanged { speakers: Vec<Participant> },
    /// A participant's connection got better or worse.
    ConnectionQualityChanged {
        quality: ConnectionQuality,
        participant: Participant,
    },
    /// A data packet came; nobody is named when the server sent it.
    DataReceived {
        payload: Arc<Vec<u8>>,
        topic: Option<String>,
        kind: DataPacketKind,
        participant: Option<RemoteParticipant>,
    },
    /// Parts of a transcript of the old kind came.
    TranscriptionReceived {
        participant: Option<Participant>,
        track_publication: Option<TrackPublication>,
        segments: Vec<TranscriptionSegment>,
    },
    /// A key of a phone was pressed.
    SipDTMFReceived {
        code: u32,
        digit: Option<String>,
        participant: Option<RemoteParticipant>,
    },
    /// A chat message of the old kind came.
    ChatMessage {
        message: ChatMessage,
        participant: Option<RemoteParticipant>,
    },
    /// Somebody sends bytes.
    ByteStreamOpened {
        reader: TakeCell<ByteStreamReader>,
        topic: String,
        participant_identity: ParticipantIdentity,
    },
    /// Somebody sends text.
    TextStreamOpened {
        reader: TakeCell<TextStreamReader>,
        topic: String,
        participant_identity: ParticipantIdentity,
    },
    /// How the encryption of a participant's media goes.
    E2eeStateChanged {
        participant: Participant,
        state: EncryptionState,
    },
    /// Whether the connection stands.
    ConnectionStateChanged(ConnectionState),
    /// The room was joined. Always the first event.
    Connected {
        participants_with_tracks: Vec<(RemoteParticipant, Vec<RemoteTrackPublication>)>,
    },
    /// The room was left, or ended. Always the last event.
    Disconnected { reason: DisconnectReason },
    /// The connection was lost and is being restored.
    Reconnecting,
    /// The connection was restored.
    Reconnected,
    /// There are few unsent bytes in a data channel.
    DataChannelBufferedAmountLowThresholdChanged {
        kind: DataPacketKind,
        threshold: u64,
    },
    /// What the server says of the room changed.
    RoomUpdated { room: RoomInfo },
    /// The server moved us to another room.
    Moved { room: RoomInfo },
    /// What the server says of participants changed.
    ParticipantsUpdated { participants: Vec<Participant> },
    /// The server sent a fresh token.
    TokenRefreshed { token: String },
}
