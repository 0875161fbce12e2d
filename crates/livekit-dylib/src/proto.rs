//! The messages of the native core, generated from its schema.

#![allow(
    dead_code,
    unnameable_types,
    unreachable_pub,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    reason = "generated"
)]

include!(concat!(env!("OUT_DIR"), "/livekit.proto.rs"));

/// An event from the core.
pub(crate) use ffi_event::Message as Ev;
/// A request to the core.
pub(crate) use ffi_request::Message as Req;
/// The immediate response to a request.
pub(crate) use ffi_response::Message as Resp;
