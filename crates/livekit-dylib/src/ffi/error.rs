//! Why the native core could not be loaded, and why a request to it failed.

use std::path::PathBuf;

/// Version of the native core this crate requires. Other versions are rejected.
pub const VERSION: &str = "0.13.2";

/// How to install the native core. The Python package contains it.
const HOW: &str = "Run `make setup` in Parlor's source tree; elsewhere run \
    `pip install --no-deps --target ~/.local/share/parlor livekit==1.2.0`, \
    or set PARLOR_NATIVE_CORE to the file";

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

/// A failed request to the native core, or an invalid response to one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FfiError {
    /// The native core could not be loaded.
    #[error(transparent)]
    Unavailable(&'static LoadError),
    /// The core rejected the request: a handle is invalid, or an argument is not allowed.
    #[error("the native core rejected the request")]
    Rejected,
    /// The core's response could not be decoded.
    #[error("the native core sent a malformed response: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// The core sent a response of another type than the request calls for.
    #[error("the native core sent an unexpected response")]
    Unexpected,
    /// The room or track is closed.
    #[error("already closed")]
    Closed,
    /// The core did not respond in time.
    #[error("the native core did not respond in time")]
    TimedOut,
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
        let setup = include_str!("../../../../scripts/setup.sh");
        let (_, rest) = setup.split_once("core_version=").unwrap();
        let (version, _) = rest.split_once(' ').unwrap();
        let pin = format!("livekit=={version}");
        assert!(HOW.contains(&pin), "{HOW}");
        let wheel = include_str!("../../../../pyproject.toml");
        assert!(wheel.contains(&format!("\"{pin}\"")), "{wheel}");
        let page = include_str!("../../../../docs/src/deployment.md");
        assert!(page.contains(&pin), "{pin}");
        assert!(setup.contains(&format!("native core {VERSION}")), "{setup}");
    }
}
