//! Opens a link in the desktop's browser.

use std::process::Stdio;

use tokio::process::Command;

use crate::config::Source;

/// What opens links here.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens `url`, if there is a desktop to open it on; the link was printed, so that no failure
/// matters.
pub(super) fn open(url: &str, source: &Source) {
    let is_shown = |name| source.text(name).is_some();
    let has_desktop =
        cfg!(target_os = "macos") || is_shown("DISPLAY") || is_shown("WAYLAND_DISPLAY");
    if !has_desktop {
        return;
    }
    let opened = Command::new(OPENER)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A browser that starts with it outlives our Ctrl-C.
        .process_group(0)
        .spawn();
    match opened {
        Ok(mut child) => drop(tokio::spawn(async move { child.wait().await })),
        Err(error) => tracing::debug!(%error, "{OPENER} cannot be run"),
    }
}
