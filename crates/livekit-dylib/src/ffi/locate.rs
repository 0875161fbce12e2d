//! Search path of the native core.

use std::env;
use std::path::{Path, PathBuf};

/// The file name of the native core.
const FILE_NAME: &str = "liblivekit_ffi.so";

/// Path of the native core in LiveKit's Python package.
const IN_PACKAGE: &str = "livekit/rtc/resources/liblivekit_ffi.so";

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
    let prefix = folder.and_then(Path::parent);
    beside(folder)
        .into_iter()
        .chain(prefix.into_iter().flat_map(in_python))
        .chain(data.into_iter().flat_map(in_data))
        .collect()
}

/// Candidate paths relative to the executable's directory: the directory itself, `../lib`,
/// `../lib/parlor`, and `target/native` for cargo builds.
fn beside(folder: Option<&Path>) -> Vec<PathBuf> {
    let Some(folder) = folder else {
        return Vec::new();
    };
    let mut found = vec![
        folder.join(FILE_NAME),
        folder.join("../lib").join(FILE_NAME),
        folder.join("../lib/parlor").join(FILE_NAME),
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

/// Candidate paths in the Python packages below `prefix`, which is the folder of a virtual
/// environment if the program was installed into one.
fn in_python(prefix: &Path) -> Vec<PathBuf> {
    let libraries = ["lib", "lib64"].map(|name| prefix.join(name));
    let found = libraries.iter().flat_map(|library| {
        let entries = std::fs::read_dir(library).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        in_packages(library, names)
    });
    found.collect()
}

/// Candidate paths in the Python packages below `library`, which has entries of these `names`: the
/// newest Python first, with Debian's name of the folder for packages after the usual one.
fn in_packages(library: &Path, names: impl Iterator<Item = String>) -> Vec<PathBuf> {
    let minor = |name: &str| -> Option<u32> {
        let version = name.strip_prefix("python3.")?;
        // `python3.14t` is the Python without a global lock.
        version.trim_end_matches('t').parse().ok()
    };
    let mut pythons: Vec<_> = names
        .filter_map(|name| Some((minor(&name)?, name)))
        .collect();
    pythons.sort_unstable_by(|a, b| b.cmp(a));
    let paths = pythons.iter().flat_map(|(_, name)| {
        ["site-packages", "dist-packages"]
            .map(|packages| library.join(name).join(packages).join(IN_PACKAGE))
    });
    paths.collect()
}

/// Candidate paths in the user's data directory: the file itself, or as
/// `pip install --target` leaves it.
fn in_data(data: PathBuf) -> [PathBuf; 2] {
    let folder = data.join("parlor");
    [folder.join(FILE_NAME), folder.join(IN_PACKAGE)]
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

    #[test]
    fn the_debian_package_has_the_core_in_its_own_directory() {
        let found = beside(Some(Path::new("/usr/bin")));
        assert!(found.contains(&Path::new("/usr/bin/../lib/parlor").join(FILE_NAME)));
    }

    #[test]
    fn a_virtual_environment_has_the_core_in_its_packages() {
        let names = ["python3.9", "python3.14t", "python3.12", "python3", "gcc"];
        let names = names.map(str::to_owned).into_iter();
        let found = in_packages(Path::new("/venv/lib"), names);
        let found: Vec<_> = found
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let path = |python: &str, packages: &str| {
            format!("/venv/lib/{python}/{packages}/livekit/rtc/resources/liblivekit_ffi.so")
        };
        assert_eq!(
            found,
            [
                path("python3.14t", "site-packages"),
                path("python3.14t", "dist-packages"),
                path("python3.12", "site-packages"),
                path("python3.12", "dist-packages"),
                path("python3.9", "site-packages"),
                path("python3.9", "dist-packages"),
            ]
        );
    }

    #[test]
    fn a_folder_without_packages_has_no_candidates() {
        assert!(in_python(Path::new("/nowhere")).is_empty());
    }
}
