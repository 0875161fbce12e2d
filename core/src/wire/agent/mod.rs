//! The Voice Agent API: JSON text frames, one message each, audio as base64 inside.
//!
//! Reading is lenient: types and fields that are not known are skipped, and a field that may be
//! missing may as well be of the wrong type. Writing is exact: what is not set is not there,
//! and nothing is ever `null`.

mod audio;
mod client;
mod field;
mod server;
mod session;
mod session_check;
#[cfg(test)]
mod tests;

pub use client::{encode, encode_audio};
pub use server::{DecodeError, Decoder};
pub use session::{
    Encoding, ExecutionMode, Format, Input, Llm, Output, PreConnectRequest, ResponseInstructions,
    SessionConfig, Tool, TranscriptionMode, TurnDetection, TurnDetectionKind, VoiceFocus, Webhook,
};
pub use session_check::SessionProblem;
