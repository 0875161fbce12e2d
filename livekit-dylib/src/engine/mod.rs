//! What a room needs from the media engine behind it: requests in, events out, in this crate's own words.
//!
//! The public types (`room`, `participant`, `track`, `publication`, `webrtc`) talk to this module only, so that another
//! engine can stand behind them. Only here (and in `data_stream` and `stats`) is the native core's protobuf seen.

mod call;
mod connect;
mod convert;
mod encryption;
mod event;
mod info;
mod local;
mod media;
mod rpc;
mod session;
mod source;

pub(crate) use connect::{Joined, connect};
pub(crate) use encryption::{CryptorInfo, encryption_type};
pub(crate) use event::{Event, Events};
pub(crate) use info::{ParticipantInfo, PublicationInfo};
pub(crate) use media::{AudioStream, Publication, Track};
pub(crate) use session::Session;
pub(crate) use source::{AudioSource, spare_sources};

/// Why the engine did not do something.
pub(crate) use crate::ffi::FfiError as Error;
