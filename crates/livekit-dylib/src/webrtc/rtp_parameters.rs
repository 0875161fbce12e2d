//! RTP encoding parameters.

/// What a video encoder reduces first when bandwidth is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DegradationPreference {
    /// Neither frame rate nor resolution; frames may be dropped.
    MaintainFramerateAndResolution,
    /// The resolution.
    MaintainFramerate,
    /// The frame rate.
    MaintainResolution,
    /// Both, in balance.
    Balanced,
}
