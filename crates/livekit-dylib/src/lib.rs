//! The `livekit` 0.10 API, implemented on LiveKit's prebuilt native core.
//!
//! Public names, modules and signatures are those of the official `livekit` crate, so the same
//! source compiles against both. The implementation is `liblivekit_ffi.so`, which is loaded when
//! the first room, source or track is created; see [`native`]. Video tracks can be subscribed to,
//! but their frames are not accessible. Data tracks are not supported.
//!
//! ```text
//! room, participant, track, publication, webrtc      public API
//!        │ requests            ▲ events
//!        ▼                     │
//!     engine                   internal interface; the engine is replaceable
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
