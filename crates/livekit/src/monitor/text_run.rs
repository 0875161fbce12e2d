//! A pending `run_input` request: text sent on behalf of the caller, until the agent has answered.

use std::time::{Duration, Instant};

use livekit_protocol::agent::chat_context::ChatItem;
use parlor_core::conversation::Utterance;
use parlor_core::ids::Identity;

/// Timeout for the agent's answer.
const WITHIN: Duration = Duration::from_secs(60);

/// A `run_input` request, whose response is sent once the agent has finished answering.
pub(super) struct TextRun {
    pub(super) to: Identity,
    pub(super) request: String,
    pub(super) until: Instant,
    /// Whether the agent has received the text.
    is_read: bool,
    /// The first reply that became audible since then.
    first: Option<Utterance>,
    /// Whether a reply to the text has ended.
    is_answered: bool,
    items: Vec<ChatItem>,
}

impl TextRun {
    pub(super) fn new(now: Instant, to: Identity, request: String) -> Self {
        Self {
            to,
            request,
            until: now + WITHIN,
            is_read: false,
            first: None,
            is_answered: false,
            items: Vec::new(),
        }
    }

    /// Records that the agent has received the text.
    pub(super) fn read(&mut self) {
        self.is_read = true;
    }

    /// Records that a reply has become audible.
    pub(super) fn audible(&mut self, utterance: Utterance) {
        if self.is_read {
            self.first.get_or_insert(utterance);
        }
    }

    /// Records that a reply has ended. Replies that started before the agent received the text do
    /// not count.
    pub(super) fn said(&mut self, utterance: Utterance, item: Option<ChatItem>) {
        if self.first.is_some_and(|first| utterance >= first) {
            self.is_answered = true;
            self.items.extend(item);
        }
    }

    /// Records something that the agent did besides speaking, such as a tool call.
    pub(super) fn did(&mut self, item: ChatItem) {
        if self.is_read {
            self.items.push(item);
        }
    }

    /// Returns whether a reply to the text has ended.
    pub(super) fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// The items of the answer, or an error if the agent did not answer.
    pub(super) fn into_items(self) -> Result<Vec<ChatItem>, String> {
        match self.items.is_empty() && !self.is_answered {
            true => Err("the agent did not answer".to_owned()),
            false => Ok(self.items),
        }
    }
}
