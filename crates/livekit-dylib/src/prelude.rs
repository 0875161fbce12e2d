//! The most common types: `use livekit::prelude::*;`.

pub use livekit_protocol::{AudioTrackFeature, PacketTrailerFeature};
pub use livekit_rpc::api::{PerformRpcData, RpcError, RpcErrorCode, RpcInvocationData};

pub use crate::id::*;
pub use crate::participant::{
    ConnectionQuality, DisconnectReason, LocalParticipant, Participant, RemoteParticipant,
};
pub use crate::publication::{LocalTrackPublication, RemoteTrackPublication, TrackPublication};
pub use crate::room::{
    ConnectionState, DataPacket, DataPacketKind, Room, RoomError, RoomEvent, RoomOptions,
    RoomResult, RoomSdkOptions, SipDTMF, Transcription, TranscriptionSegment,
};
pub use crate::track::{
    AudioTrack, LocalAudioTrack, LocalTrack, LocalVideoTrack, RemoteAudioTrack, RemoteTrack,
    RemoteVideoTrack, StreamState, Track, TrackDimension, TrackKind, TrackSource, VideoTrack,
};
pub use crate::webrtc::audio_source::RtcAudioSource;
