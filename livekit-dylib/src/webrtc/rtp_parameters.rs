//! How an encoder gives way.

/// What a video encoder gives up first when bandwidth is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DegradationPreference {
    /// Nothing; frames may be dropped.
    MaintainFramerateAndResolution,
    /// Resolution.
    MaintainFramerate,
    /// Frame rate.
    MaintainResolution,
    /// Both, evenly.
    Balanced,
}
