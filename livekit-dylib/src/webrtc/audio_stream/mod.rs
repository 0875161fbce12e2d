//! The audio of a track, decoded and resampled.

pub mod native;
