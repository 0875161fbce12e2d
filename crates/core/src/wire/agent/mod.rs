//! The Voice Agent API: one JSON message in each WebSocket text frame, audio as base64 inside it.
//!
//! Decoding is lenient: unknown message types and fields are skipped, and an optional field of the
//! wrong type counts as missing. Encoding is strict: fields that are not set are left out, and
//! nothing is ever `null`.

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
