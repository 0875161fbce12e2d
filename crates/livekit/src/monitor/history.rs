//! The chat history of a call in the protocol's format, limited to the latest items.

use std::collections::VecDeque;

use livekit_protocol::agent::chat_context::{ChatItem, chat_item::Item};
use livekit_protocol::agent::chat_message::{ChatContent, chat_content::Payload};
use livekit_protocol::agent::{ChatMessage, ChatRole, MetricsReport};
use pbjson_types::Timestamp;
use prost::Message as _;

/// Maximum number of items.
const ITEMS: usize = 256;

/// Maximum total size of the encoded items in bytes.
const BYTES: usize = 1 << 20;

/// The latest items of a call.
#[derive(Default)]
pub(super) struct History {
    items: VecDeque<ChatItem>,
    bytes: usize,
    named: u64,
}

impl History {
    /// Creates an item id that is unique in the call.
    pub(super) fn name(&mut self) -> String {
        self.named += 1;
        format!("item_{}", self.named)
    }

    /// Adds an item, and drops the oldest items while a limit is exceeded.
    pub(super) fn push(&mut self, item: ChatItem) {
        self.bytes += item.encoded_len();
        self.items.push_back(item);
        while self.items.len() > ITEMS || self.bytes > BYTES {
            let Some(oldest) = self.items.pop_front() else {
                return;
            };
            self.bytes -= oldest.encoded_len();
        }
    }

    /// All items, oldest first.
    pub(super) fn items(&self) -> Vec<ChatItem> {
        self.items.iter().cloned().collect()
    }
}

/// A message that was spoken or typed.
pub(super) struct Said {
    pub(super) role: ChatRole,
    pub(super) text: String,
    pub(super) interrupted: bool,
    pub(super) metrics: Option<MetricsReport>,
    pub(super) created_at: Timestamp,
}

impl Said {
    /// Converts the message into an item with this id.
    pub(super) fn into_item(self, id: String) -> ChatItem {
        let payload = Some(Payload::Text(self.text));
        item(Item::Message(ChatMessage {
            id,
            role: self.role.into(),
            content: vec![ChatContent { payload }],
            interrupted: self.interrupted,
            metrics: self.metrics,
            created_at: Some(self.created_at),
            ..ChatMessage::default()
        }))
    }
}

/// Wraps an item of any kind.
pub(super) fn item(item: Item) -> ChatItem {
    ChatItem { item: Some(item) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(history: &mut History, text: String) {
        let said = Said {
            role: ChatRole::User,
            text,
            interrupted: false,
            metrics: None,
            created_at: Timestamp::default(),
        };
        let name = history.name();
        history.push(said.into_item(name));
    }

    fn names(history: &History) -> Vec<String> {
        let messages = history.items().into_iter().filter_map(|it| match it.item {
            Some(Item::Message(message)) => Some(message.id),
            _ => None,
        });
        messages.collect()
    }

    #[test]
    fn only_the_last_items_are_kept() {
        let mut history = History::default();
        (0..ITEMS + 2).for_each(|_| said(&mut history, "hello".to_owned()));
        let names = names(&history);
        assert_eq!((names.len(), names[0].as_str()), (ITEMS, "item_3"));
    }

    #[test]
    fn long_items_leave_less_room() {
        let mut history = History::default();
        (0..5).for_each(|_| said(&mut history, "x".repeat(BYTES / 3)));
        assert_eq!(names(&history), ["item_4", "item_5"]);
        said(&mut history, "x".repeat(2 * BYTES));
        assert_eq!(names(&history), Vec::<String>::new());
        assert_eq!(history.bytes, 0);
    }
}
