//! Opens a link in the user's browser.

use std::process::Stdio;

use parlor_common::settings::Source;
use tokio::process::Command;

/// The program that opens links on this platform.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens `url` in a browser if there is a desktop. Failures do not matter, because the caller has
/// printed the link.
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
        // Ctrl-C must not reach a browser that this starts.
        .process_group(0)
        .spawn();
    match opened {
        Ok(mut child) => drop(tokio::spawn(async move { child.wait().await })),
        Err(error) => tracing::debug!(%error, "cannot run {OPENER}"),
    }
}
