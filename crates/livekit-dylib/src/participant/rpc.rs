//! Remote procedure calls between participants.

pub use livekit_rpc::api::*;
