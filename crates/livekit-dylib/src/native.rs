//! The prebuilt native core: loading it, its version and its path.

pub use crate::ffi::{LoadError, Native, VERSION};

use crate::engine;
use crate::ffi;

/// Loads and starts the native core. Later calls return the result of the first one.
pub fn load() -> Result<&'static Native, &'static LoadError> {
    ffi::load()
}

/// Number of native objects this process holds: 0 once everything is closed and dropped.
pub fn live_handles() -> i64 {
    ffi::live_handles()
}

/// Number of idle audio sources kept for reuse, each with its own thread in the native core. The
/// core does not free sources that were still published when the server ended their room. There are
/// never more of them than were published at the same time.
pub fn idle_sources() -> usize {
    engine::idle_sources()
}
