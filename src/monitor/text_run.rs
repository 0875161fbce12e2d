//! Text that somebody wrote in the caller's name, until the agent has answered it.

use std::time::{Duration, Instant};

use livekit_protocol::agent::chat_context::ChatItem;
use parlor_core::conversation::Utterance;
use parlor_core::ids::Identity;

/// How long the agent may take to answer.
const WITHIN: Duration = Duration::from_secs(60);

/// A request that is answered once the agent has said all it has to say.
pub(super) struct TextRun {
    pub(super) to: Identity,
    pub(super) request: String,
    pub(super) until: Instant,
    /// The agent has read it.
    is_read: bool,
    /// The first reply that was audible since.
    first: Option<Utterance>,
    /// A reply was told to its end.
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

    /// The agent has read what was written.
    pub(super) fn read(&mut self) {
        self.is_read = true;
    }

    /// A reply is audible.
    pub(super) fn audible(&mut self, utterance: Utterance) {
        if self.is_read {
            self.first.get_or_insert(utterance);
        }
    }

    /// A reply is over. One from before the text was read does not count.
    pub(super) fn said(&mut self, utterance: Utterance, item: Option<ChatItem>) {
        if self.first.is_some_and(|first| utterance >= first) {
            self.is_answered = true;
            self.items.extend(item);
        }
    }

    /// Something was done besides speaking.
    pub(super) fn did(&mut self, item: ChatItem) {
        if self.is_read {
            self.items.push(item);
        }
    }

    /// Whether there is an answer, if the agent has nothing more to do.
    pub(super) fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// What the agent has said and done, or that it was nothing.
    pub(super) fn into_items(self) -> Result<Vec<ChatItem>, String> {
        match self.items.is_empty() && !self.is_answered {
            true => Err("the agent did not answer".to_owned()),
            false => Ok(self.items),
        }
    }
}
