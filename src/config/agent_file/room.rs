//! `[room]` of the agent file: which callers the agent hears, and how it answers chat.

use parlor_core::conversation::{Answer, Hear};
use parlor_core::ids::Identity;
use serde::Deserialize;

/// `[room]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RoomEntry {
    hear: HearName,
    caller: Option<String>,
    chat: AnswerName,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HearName {
    #[default]
    Linked,
    Mix,
    Loudest,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerName {
    #[default]
    Voice,
    Text,
}

impl RoomEntry {
    pub(super) fn hear(&self) -> Hear {
        match self.hear {
            HearName::Linked => Hear::Linked,
            HearName::Mix => Hear::Mix,
            HearName::Loudest => Hear::Loudest,
        }
    }

    pub(super) fn chat(&self) -> Answer {
        match self.chat {
            AnswerName::Voice => Answer::Spoken,
            AnswerName::Text => Answer::Written,
        }
    }

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
