//! Decoded and resampled audio of a track.

pub mod native;
