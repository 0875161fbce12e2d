//! Descriptions of rooms, participants, publications and tracks.

use std::collections::HashMap;

use livekit_common::ParticipantIdentity;
use livekit_protocol::{AudioTrackFeature, ParticipantPermission};

use crate::id::TrackSid;
use crate::participant::{DisconnectReason, ParticipantKind};
use crate::track::{TrackKind, TrackSource};

/// A room as the server describes it.
#[derive(Clone, Debug)]
pub(crate) struct RoomInfo {
    pub(crate) name: String,
    pub(crate) metadata: String,
}

/// A participant as the server describes it.
#[derive(Clone, Debug)]
pub(crate) struct ParticipantInfo {
    pub(crate) identity: ParticipantIdentity,
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) kind: ParticipantKind,
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
    pub(crate) muted: bool,
    pub(crate) audio_features: Vec<AudioTrackFeature>,
}

/// A track as the engine describes it.
#[derive(Clone, Debug)]
pub(crate) struct TrackInfo {
    pub(crate) sid: TrackSid,
    pub(crate) name: String,
    pub(crate) kind: TrackKind,
    pub(crate) muted: bool,
}
