//! Where the pictures of a local track would come from.

/// A source of video. This crate makes none.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcVideoSource {}
