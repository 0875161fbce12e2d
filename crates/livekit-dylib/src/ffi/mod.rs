//! Requests to the native core, and its events.
//!
//! Every request returns an immediate response. Many requests only start an operation; its
//! completion arrives as an event with the id that the request carried, and [`request_async`] waits
//! for it. Other events belong to an object and go to its [`EventQueue`].

mod core;
mod error;
mod handle;
#[allow(unsafe_code, reason = "the C ABI of the native core")]
mod library;
mod locate;
mod log;
mod queue;
mod release;
mod request;
mod router;
mod slot;

pub use self::core::Native;
pub use error::{LoadError, VERSION};

pub(crate) use self::core::next_async_id;
pub(crate) use crate::proto::{Ev, Req, Resp};
pub(crate) use error::FfiError;
pub(crate) use handle::{Handle, live as live_handles, take_samples};
pub(crate) use queue::{EventQueue, send_reader_event, subscribe, subscribe_lossy};
pub(crate) use release::release_room_event;
pub(crate) use request::{load, request, request_async};
pub(crate) use router::on_rpc;
pub(crate) use slot::Slot;
