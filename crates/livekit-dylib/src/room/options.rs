//! Options for joining a room.

use crate::e2ee::E2eeOptions;

/// Options for joining a room; start from `RoomOptions::default()`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoomOptions {
    /// Subscribes to all published tracks.
    pub auto_subscribe: bool,
    /// Options for end-to-end encryption of media and data; `None` disables it.
    pub encryption: Option<E2eeOptions>,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            auto_subscribe: true,
            encryption: None,
        }
    }
}
