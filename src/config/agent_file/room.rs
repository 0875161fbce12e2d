//! `[room]` of the agent file: which callers the agent hears, and how it answers chat.

use parlor_core::conversation::{Answer, Hear};
use parlor_core::ids::Identity;
use serde::Deserialize;

/// `[room]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RoomEntry {
    pub(super) hear: Hear,
    caller: Option<String>,
    pub(super) chat: Answer,
}

impl RoomEntry {
    pub(super) fn caller(&self) -> Option<Identity> {
        self.caller.as_deref().map(Identity::from)
    }

    pub(super) fn problems(&self) -> Vec<String> {
        match self.caller.as_deref() {
            Some("") => vec!["[room] caller must not be empty".to_owned()],
            _ => Vec::new(),
        }
    }
}
