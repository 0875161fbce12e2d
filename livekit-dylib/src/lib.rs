//! The `livekit` 0.10 API over LiveKit's prebuilt native core.
//!
//! Public names, modules and signatures are those of the official `livekit` crate, so that the same source compiles
//! against both. Behind them is `liblivekit_ffi.so`, loaded when the first room, source or track is made; see
//! [`native`]. Video can be subscribed to, but its pictures cannot be reached; data tracks are left out.
//!
//! ```text
//! room, participant, track, publication, webrtc      what a program sees
//!        │ requests            ▲ events
//!        ▼                     │
//!     engine                   the line another engine can be put behind
//!        │ protobuf            ▲ protobuf
//!        ▼                     │
//!     ffi ── C ABI ── liblivekit_ffi.so
//! ```

pub mod data_stream;
pub mod e2ee;
mod engine;
mod ffi;
pub mod id;
pub mod native;
pub mod options;
pub mod participant;
pub mod prelude;
mod proto;
pub mod publication;
mod room;
pub mod rtc_engine;
#[doc(hidden)]
pub mod stats;
pub mod track;
pub mod webrtc;

pub use data_stream::*;
pub use e2ee::{E2eeManager, E2eeOptions};
pub use livekit_protocol::DisconnectReason;
pub use participant::{ClientCapability, ParticipantKind, ParticipantKindDetail, ParticipantState};
pub use room::{
    ChatMessage, ConnectionState, DataChannelOptions, DataPacket, DataPacketKind, Room,
    RoomDataStreamOptions, RoomError, RoomEvent, RoomInfo, RoomOptions, RoomResult, RoomSdkOptions,
    SDK_VERSION, SipDTMF, Transcription, TranscriptionSegment,
};
pub use rtc_engine::SimulateScenario;
