//! The prebuilt native core: whether it is there, which one, and from where.

use std::path::{Path, PathBuf};

use crate::engine;
use crate::ffi;

/// The only version of the native core this crate speaks to.
pub const VERSION: &str = "0.13.2";

/// A native core that is loaded and running.
#[derive(Debug)]
pub struct Native {
    pub(crate) path: PathBuf,
}

impl Native {
    /// The version of the core, always [`VERSION`].
    pub fn version(&self) -> &'static str {
        VERSION
    }

    /// The file it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Why there is no native core to work with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is nowhere; `make setup` brings it.
    #[error(
        "LiveKit's native core is not installed: run `make setup`. Looked for it at {}",
        list(looked)
    )]
    NotFound {
        /// The files that were looked for.
        looked: Vec<PathBuf>,
    },
    /// The file is there but the system's linker does not take it.
    #[error("LiveKit's native core at {} cannot be loaded: {reason}", path.display())]
    Unloadable {
        /// The file.
        path: PathBuf,
        /// What the linker says.
        reason: String,
    },
    /// It is not the version whose messages this crate knows.
    #[error("LiveKit's native core at {} is version {found}, and version {VERSION} is needed: run `make setup`", path.display())]
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// The version it says it is.
        found: String,
    },
}

/// Loads and starts the native core; later calls return the same answer at once.
pub fn load() -> Result<&'static Native, &'static LoadError> {
    ffi::core().map(|core| &core.native)
}

/// The version of the native core this crate needs.
pub fn version() -> &'static str {
    VERSION
}

/// The file the native core was loaded from; `None` when it could not be.
pub fn path() -> Option<&'static Path> {
    load().ok().map(Native::path)
}

/// How many objects inside the native core this process uses: 0 once everything is closed and dropped.
pub fn live_handles() -> i64 {
    ffi::live_handles()
}

/// How many audio sources wait to be used again, each with a thread of the native core, which does not free what was
/// published in a room that the server ended. Never more than were published at the same time.
pub fn spare_sources() -> usize {
    engine::spare_sources()
}

fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
