//! Video sources of local tracks.

/// A video source. This crate cannot create one.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcVideoSource {}
