//! Descriptions of participants, publications and tracks.

use std::collections::HashMap;

use livekit_common::{EncryptionType, ParticipantIdentity};
use livekit_protocol::{AudioTrackFeature, PacketTrailerFeature, ParticipantPermission};

use crate::id::{ParticipantSid, TrackSid};
use crate::participant::{
    DisconnectReason, ParticipantKind, ParticipantKindDetail, ParticipantState,
};
use crate::track::{StreamState, TrackDimension, TrackKind, TrackSource};

/// A participant as the server describes it.
#[derive(Clone, Debug)]
pub(crate) struct ParticipantInfo {
    pub(crate) sid: ParticipantSid,
    pub(crate) identity: ParticipantIdentity,
    pub(crate) name: String,
    pub(crate) state: ParticipantState,
    pub(crate) metadata: String,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) kind: ParticipantKind,
    pub(crate) kind_details: Vec<ParticipantKindDetail>,
    pub(crate) disconnect_reason: DisconnectReason,
    /// Unix time in milliseconds.
    pub(crate) joined_at: i64,
    pub(crate) permission: Option<ParticipantPermission>,
    pub(crate) client_protocol: i32,
}

/// A published track as the server describes it.
#[derive(Clone, Debug)]
pub(crate) struct PublicationInfo {
    pub(crate) sid: TrackSid,
    pub(crate) name: String,
    pub(crate) kind: TrackKind,
    pub(crate) source: TrackSource,
    pub(crate) simulcasted: bool,
    pub(crate) dimension: TrackDimension,
    pub(crate) mime_type: String,
    pub(crate) muted: bool,
    pub(crate) encryption_type: EncryptionType,
    pub(crate) audio_features: Vec<AudioTrackFeature>,
    pub(crate) frame_metadata_features: Vec<PacketTrailerFeature>,
}

/// A track as the engine describes it.
#[derive(Clone, Debug)]
pub(crate) struct TrackInfo {
    pub(crate) sid: TrackSid,
    pub(crate) name: String,
    pub(crate) kind: TrackKind,
    pub(crate) stream_state: StreamState,
    pub(crate) muted: bool,
}
