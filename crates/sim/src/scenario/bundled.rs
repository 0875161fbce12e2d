//! Scenarios bundled with the simulator.

macro_rules! bundled {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../scenarios/", $name, ".toml"))),)*]
    };
}

/// Names and texts of all bundled scenarios.
pub(super) const ALL: &[(&str, &str)] = bundled! {
    "back-channel"
    "bad-base64"
    "burst"
    "busy"
    "busy-twice"
    "cut"
    "cut-tool-call"
    "failure"
    "forbidden"
    "half-open"
    "huge-message"
    "internal-error"
    "iso-timestamps"
    "late-audio"
    "long-greeting"
    "malformed-json"
    "missing-reply-id"
    "missing-status"
    "never-ready"
    "no-resume"
    "odd-chunks"
    "unavailable"
    "unknown-event"
};
