//! The most common types: `use livekit::prelude::*;`.

pub use livekit_rpc::api::{PerformRpcData, RpcError, RpcErrorCode, RpcInvocationData};

pub use crate::id::*;
pub use crate::participant::{DisconnectReason, LocalParticipant, Participant, RemoteParticipant};
pub use crate::publication::{LocalTrackPublication, RemoteTrackPublication};
pub use crate::room::{
    Room, RoomError, RoomEvent, RoomOptions, RoomResult, SipDTMF, Transcription,
    TranscriptionSegment,
};
pub use crate::track::{
    LocalAudioTrack, LocalTrack, RemoteAudioTrack, RemoteTrack, TrackKind, TrackSource,
};
pub use crate::webrtc::audio_source::RtcAudioSource;
