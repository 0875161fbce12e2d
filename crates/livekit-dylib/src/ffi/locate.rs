//! Search path of the native core.

use std::env;
use std::path::{Path, PathBuf};

/// The file name of the native core.
const FILE_NAME: &str = "liblivekit_ffi.so";

/// Environment variable with the path of the native core, or of its directory.
const VARIABLE: &str = "PARLOR_NATIVE_CORE";

/// Candidate paths in search order. `PARLOR_NATIVE_CORE`, if set, is the only one.
pub(super) fn candidates() -> Vec<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        return vec![if path.is_dir() {
            path.join(FILE_NAME)
        } else {
            path
        }];
    }
    let executable = env::current_exe().ok();
    let folder = executable.as_deref().and_then(Path::parent);
    let data = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".local/share")));
    beside(folder)
        .into_iter()
        .chain(data.map(|data| data.join("parlor").join(FILE_NAME)))
        .collect()
}

/// Candidate paths relative to the executable's directory: the directory itself, `../lib`, and
/// `target/native` for cargo builds.
fn beside(folder: Option<&Path>) -> Vec<PathBuf> {
    let Some(folder) = folder else {
        return Vec::new();
    };
    let mut found = vec![
        folder.join(FILE_NAME),
        folder.join("../lib").join(FILE_NAME),
    ];
    let profile = if folder.ends_with("deps") || folder.ends_with("examples") {
        folder.parent()
    } else {
        Some(folder)
    };
    if let Some(target) = profile.and_then(Path::parent) {
        found.push(target.join("native").join(FILE_NAME));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_builds_find_the_core_in_their_target_directory() {
        for folder in [
            "/w/target/debug",
            "/w/target/debug/deps",
            "/w/target/release/examples",
        ] {
            let found = beside(Some(Path::new(folder)));
            assert!(
                found.contains(&PathBuf::from("/w/target/native").join(FILE_NAME)),
                "{folder}: {found:?}"
            );
        }
    }

    #[test]
    fn an_installed_program_searches_its_directory_then_lib() {
        let found = beside(Some(Path::new("/opt/parlor/bin")));
        assert_eq!(found[0], Path::new("/opt/parlor/bin").join(FILE_NAME));
        assert_eq!(
            found[1],
            Path::new("/opt/parlor/bin/../lib").join(FILE_NAME)
        );
    }
}
