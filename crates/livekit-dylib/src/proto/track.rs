//! Tracks and publications.

use super::*;

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetSubscribedRequest {
    #[prost(bool, required, tag = "1")]
    pub subscribe: bool,
    #[prost(uint64, required, tag = "2")]
    pub publication_handle: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetSubscribedResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateAudioTrackRequest {
    #[prost(string, required, tag = "1")]
    pub name: String,
    #[prost(uint64, required, tag = "2")]
    pub source_handle: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateAudioTrackResponse {
    #[prost(message, required, tag = "1")]
    pub track: OwnedTrack,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackPublicationInfo {
    #[prost(string, required, tag = "1")]
    pub sid: String,
    #[prost(string, required, tag = "2")]
    pub name: String,
    #[prost(enumeration = "TrackKind", required, tag = "3")]
    pub kind: i32,
    #[prost(enumeration = "TrackSource", required, tag = "4")]
    pub source: i32,
    #[prost(bool, required, tag = "5")]
    pub simulcasted: bool,
    #[prost(uint32, required, tag = "6")]
    pub width: u32,
    #[prost(uint32, required, tag = "7")]
    pub height: u32,
    #[prost(string, required, tag = "8")]
    pub mime_type: String,
    #[prost(bool, required, tag = "9")]
    pub muted: bool,
    #[prost(bool, required, tag = "10")]
    pub remote: bool,
    #[prost(enumeration = "EncryptionType", required, tag = "11")]
    pub encryption_type: i32,
    #[prost(
        enumeration = "AudioTrackFeature",
        repeated,
        packed = "false",
        tag = "12"
    )]
    pub audio_features: Vec<i32>,
    #[prost(
        enumeration = "FrameMetadataFeature",
        repeated,
        packed = "false",
        tag = "13"
    )]
    pub frame_metadata_features: Vec<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedTrackPublication {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: TrackPublicationInfo,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackInfo {
    #[prost(string, required, tag = "1")]
    pub sid: String,
    #[prost(string, required, tag = "2")]
    pub name: String,
    #[prost(enumeration = "TrackKind", required, tag = "3")]
    pub kind: i32,
    #[prost(enumeration = "StreamState", required, tag = "4")]
    pub stream_state: i32,
    #[prost(bool, required, tag = "5")]
    pub muted: bool,
    #[prost(bool, required, tag = "6")]
    pub remote: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedTrack {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: TrackInfo,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct LocalTrackMuteRequest {
    #[prost(uint64, required, tag = "1")]
    pub track_handle: u64,
    #[prost(bool, required, tag = "2")]
    pub mute: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct LocalTrackMuteResponse {
    #[prost(bool, required, tag = "1")]
    pub muted: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EnableRemoteTrackRequest {
    #[prost(uint64, required, tag = "1")]
    pub track_handle: u64,
    #[prost(bool, required, tag = "2")]
    pub enabled: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EnableRemoteTrackResponse {
    #[prost(bool, required, tag = "1")]
    pub enabled: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetTrackSubscriptionPermissionsRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(bool, required, tag = "2")]
    pub all_participants_allowed: bool,
    #[prost(message, repeated, tag = "3")]
    pub permissions: Vec<ParticipantTrackPermission>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ParticipantTrackPermission {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(bool, optional, tag = "2")]
    pub allow_all: Option<bool>,
    #[prost(string, repeated, tag = "3")]
    pub allowed_track_sids: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetTrackSubscriptionPermissionsResponse {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TrackKind {
    KindUnknown = 0,
    KindAudio = 1,
    KindVideo = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TrackSource {
    SourceUnknown = 0,
    SourceCamera = 1,
    SourceMicrophone = 2,
    SourceScreenshare = 3,
    SourceScreenshareAudio = 4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum StreamState {
    StateUnknown = 0,
    StateActive = 1,
    StatePaused = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum AudioTrackFeature {
    TfStereo = 0,
    TfNoDtx = 1,
    TfAutoGainControl = 2,
    TfEchoCancellation = 3,
    TfNoiseSuppression = 4,
    TfEnhancedNoiseCancellation = 5,
    TfPreconnectBuffer = 6,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EnableRemoteTrackPublicationRequest {
    #[prost(uint64, required, tag = "1")]
    pub track_publication_handle: u64,
    #[prost(bool, required, tag = "2")]
    pub enabled: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EnableRemoteTrackPublicationResponse {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct UpdateRemoteTrackPublicationDimensionRequest {
    #[prost(uint64, required, tag = "1")]
    pub track_publication_handle: u64,
    #[prost(uint32, required, tag = "2")]
    pub width: u32,
    #[prost(uint32, required, tag = "3")]
    pub height: u32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct UpdateRemoteTrackPublicationDimensionResponse {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetRemoteTrackPublicationQualityRequest {
    #[prost(uint64, required, tag = "1")]
    pub track_publication_handle: u64,
    #[prost(enumeration = "VideoQuality", required, tag = "2")]
    pub quality: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetRemoteTrackPublicationQualityResponse {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum VideoQuality {
    Low = 0,
    Medium = 1,
    High = 2,
}
