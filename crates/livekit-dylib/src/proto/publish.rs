//! Publishing local tracks.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishTrackRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(uint64, required, tag = "2")]
    pub track_handle: u64,
    #[prost(message, required, tag = "3")]
    pub options: TrackPublishOptions,
    #[prost(uint64, optional, tag = "4")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PublishTrackResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishTrackCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "publish_track_callback::Message", tags = "2, 3")]
    pub message: Option<publish_track_callback::Message>,
}

pub mod publish_track_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(string, tag = "2")]
        Error(String),
        #[prost(message, tag = "3")]
        Publication(OwnedTrackPublication),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UnpublishTrackRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
    #[prost(bool, required, tag = "3")]
    pub stop_on_unpublish: bool,
    #[prost(uint64, optional, tag = "4")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct UnpublishTrackResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UnpublishTrackCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct VideoEncoding {
    #[prost(uint64, required, tag = "1")]
    pub max_bitrate: u64,
    #[prost(double, required, tag = "2")]
    pub max_framerate: f64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct AudioEncoding {
    #[prost(uint64, required, tag = "1")]
    pub max_bitrate: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackPublishOptions {
    #[prost(message, optional, tag = "1")]
    pub video_encoding: Option<VideoEncoding>,
    #[prost(message, optional, tag = "2")]
    pub audio_encoding: Option<AudioEncoding>,
    #[prost(enumeration = "VideoCodec", optional, tag = "3")]
    pub video_codec: Option<i32>,
    #[prost(bool, optional, tag = "4")]
    pub dtx: Option<bool>,
    #[prost(bool, optional, tag = "5")]
    pub red: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub simulcast: Option<bool>,
    #[prost(enumeration = "TrackSource", optional, tag = "7")]
    pub source: Option<i32>,
    #[prost(string, optional, tag = "8")]
    pub stream: Option<String>,
    #[prost(bool, optional, tag = "9")]
    pub preconnect_buffer: Option<bool>,
    #[prost(
        enumeration = "FrameMetadataFeature",
        repeated,
        packed = "false",
        tag = "10"
    )]
    pub frame_metadata_features: Vec<i32>,
    #[prost(string, optional, tag = "11")]
    pub scalability_mode: Option<String>,
    #[prost(enumeration = "VideoEncoderBackend", optional, tag = "12")]
    pub video_encoder: Option<i32>,
    #[prost(enumeration = "DegradationPreference", optional, tag = "13")]
    pub degradation_preference: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum VideoEncoderBackend {
    EncoderBackendAuto = 0,
    EncoderBackendSoftware = 1,
    EncoderBackendHardware = 2,
    EncoderBackendNvenc = 3,
    EncoderBackendVaapi = 4,
    EncoderBackendVideotoolbox = 5,
    EncoderBackendPreEncoded = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DegradationPreference {
    Balanced = 0,
    MaintainFramerate = 1,
    MaintainResolution = 2,
    MaintainFramerateAndResolution = 4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum FrameMetadataFeature {
    FmfUserTimestamp = 0,
    FmfFrameId = 1,
    FmfUserData = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum VideoCodec {
    Vp8 = 0,
    H264 = 1,
    Av1 = 2,
    Vp9 = 3,
    H265 = 4,
}
