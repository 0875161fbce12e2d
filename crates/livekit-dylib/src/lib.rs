//! The `livekit` 0.10 API, implemented on LiveKit's prebuilt native core.
//!
//! The crate covers the part of the API that a voice agent needs. Public names, modules and
//! signatures are those of the official `livekit` crate, so the same source compiles against both;
//! types and events have only the fields that are used. The implementation is
//! `liblivekit_ffi.so`, which is loaded when the first room, source or track is created; see
//! [`native`].
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
pub use e2ee::E2eeOptions;
pub use livekit_protocol::DisconnectReason;
pub use participant::ParticipantKind;
pub use room::{
    Room, RoomError, RoomEvent, RoomOptions, RoomResult, SipDTMF, Transcription,
    TranscriptionSegment,
};
pub use rtc_engine::SimulateScenario;
