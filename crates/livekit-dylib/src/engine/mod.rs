//! Interface to the media engine: requests go in, events come out, in this crate's own types.
//!
//! The public modules (`room`, `participant`, `track`, `publication`, `webrtc`) talk only to this
//! module, so that the engine can be replaced. Only this module, `data_stream` and `stats` use the
//! native core's protobuf types.

mod call;
mod connect;
mod convert;
mod event;
mod info;
mod local;
mod media;
mod rpc;
mod session;
mod source;

pub(crate) use connect::{Joined, connect};
pub(crate) use event::{Event, Events};
pub(crate) use info::{ParticipantInfo, PublicationInfo, RoomInfo};
pub(crate) use media::{AudioStream, Publication, Track};
pub(crate) use session::Session;
pub(crate) use source::{AudioSource, idle_sources};

/// Why a request to the engine failed.
pub(crate) use crate::ffi::FfiError as Error;
