//! The prebuilt native core: loading it, its version and its path.

use std::path::{Path, PathBuf};

use crate::engine;
use crate::ffi;

/// Version of the native core this crate requires. Other versions are rejected.
pub const VERSION: &str = "0.13.2";

/// How to install the native core. The Python package contains it.
const HOW: &str = "Run `make setup` in Parlor's source tree; elsewhere run \
    `pip install --no-deps --target ~/.local/share/parlor livekit==1.2.0`, \
    or set PARLOR_NATIVE_CORE to the file";

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

    /// Path of the file the core was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Why the native core could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The core was not found in any of the searched locations.
    #[error(
        "LiveKit's native core is not installed. {HOW}. Searched: {}",
        list(looked)
    )]
    NotFound {
        /// Paths that were searched, in order.
        looked: Vec<PathBuf>,
    },
    /// The file exists, but the dynamic linker cannot load it.
    #[error("LiveKit's native core at {} cannot be loaded: {reason}. {HOW}", path.display())]
    Unloadable {
        /// Path of the file.
        path: PathBuf,
        /// Error message of the dynamic linker.
        reason: String,
    },
    /// The core's version is not [`VERSION`].
    #[error("LiveKit's native core at {} is version {found}, but version {VERSION} is required. {HOW}", path.display())]
    WrongVersion {
        /// Path of the file.
        path: PathBuf,
        /// Version reported by the core, or `unknown` if it reports none.
        found: String,
    },
}

/// Loads and starts the native core. Later calls return the result of the first one.
pub fn load() -> Result<&'static Native, &'static LoadError> {
    ffi::core().map(|core| &core.native)
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

fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_pins_the_same_version_of_the_python_package() {
        let setup = include_str!("../../../scripts/setup.sh");
        let (_, rest) = setup.split_once("core_version=").unwrap();
        let (version, _) = rest.split_once(' ').unwrap();
        let pin = format!("livekit=={version}");
        assert!(HOW.contains(&pin), "{HOW}");
        let wheel = include_str!("../../../pyproject.toml");
        assert!(wheel.contains(&format!("\"{pin}\"")), "{wheel}");
        let page = include_str!("../../../docs/src/deployment.md");
        assert!(page.contains(&pin), "{pin}");
        assert!(setup.contains(&format!("native core {VERSION}")), "{setup}");
    }
}
