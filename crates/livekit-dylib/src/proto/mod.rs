//! The messages of the native core, one file a theme, as far as this crate needs them.
//!
//! They follow the schema that ships with the core; `tests/schema` compares them with it field by field. Arms of a
//! `oneof` are left out where nothing here uses them: prost reads such an arm as none.

#![allow(
    missing_docs,
    unnameable_types,
    unreachable_pub,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    reason = "names and shapes are the schema's"
)]

mod audio;
mod byte_stream;
mod data_packet;
mod data_stream_packet;
mod data_track;
mod e2ee;
mod event;
mod handle;
mod participant;
mod publish;
mod request;
mod response;
mod room;
mod room_events;
mod rpc;
mod runtime;
mod stats;
mod stats_rtp;
mod stats_transport;
mod stream;
mod text_stream;
mod track;

pub(crate) use audio::*;
pub(crate) use byte_stream::*;
pub(crate) use data_packet::*;
pub(crate) use data_stream_packet::*;
pub(crate) use data_track::*;
pub(crate) use e2ee::*;
pub(crate) use event::*;
pub(crate) use handle::*;
pub(crate) use participant::*;
pub(crate) use publish::*;
pub(crate) use request::*;
pub(crate) use response::*;
pub(crate) use room::*;
pub(crate) use room_events::*;
pub(crate) use rpc::*;
pub(crate) use runtime::*;
pub(crate) use stats::*;
pub(crate) use stats_rtp::*;
pub(crate) use stats_transport::*;
pub(crate) use stream::*;
pub(crate) use text_stream::*;
pub(crate) use track::*;
