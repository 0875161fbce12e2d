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
