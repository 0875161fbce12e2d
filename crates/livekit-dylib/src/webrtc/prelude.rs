//! The most common WebRTC types: `use livekit::webrtc::prelude::*;`.

pub use super::audio_frame::AudioFrame;
pub use super::audio_source::{AudioSourceOptions, RtcAudioSource};
pub use super::audio_track::RtcAudioTrack;
pub use super::media_stream_track::{MediaStreamTrack, RtcTrackState};
pub use super::peer_connection_factory::{
    ContinualGatheringPolicy, IceServer, IceTransportsType, RtcConfiguration,
};
pub use super::rtp_parameters::DegradationPreference;
pub use super::rtp_sender::VideoEncoderBackend;
pub use super::video_source::RtcVideoSource;
pub use super::video_track::RtcVideoTrack;
pub use super::{RtcError, RtcErrorType};
