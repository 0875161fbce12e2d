//! Streams that participants send to the agent: each is read in a task of its own.

use std::time::Duration;

use futures_util::StreamExt;
use livekit::{TakeCell, TextStreamReader};
use parlor_core::conversation::{Event, RoomEvent};
use parlor_core::ids::Identity;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

use super::CHAT;

/// Streams that are read at once; what comes on top is not read.
const READ: usize = 16;

/// How long a message may take to come.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// The longest message, in bytes.
const LONGEST: usize = 16 << 10;

/// Reads what participants send.
pub(super) struct Streams {
    events: mpsc::Sender<Event>,
    readers: JoinSet<()>,
}

/// Why a stream came to nothing. Tells nothing of what was in it.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    #[error("it did not come in time")]
    Timeout,
    #[error("it broke off")]
    Broken,
}

impl Streams {
    pub(super) fn new(events: mpsc::Sender<Event>) -> Self {
        Self {
            events,
            readers: JoinSet::new(),
        }
    }

    /// Somebody sends text.
    pub(super) fn text(
        &mut self,
        topic: &str,
        from: Identity,
        reader: &TakeCell<TextStreamReader>,
    ) {
        while self.readers.try_join_next().is_some() {}
        if topic != CHAT {
            return;
        }
        if self.readers.len() == READ {
            tracing::warn!(%from, "too many messages at once; one is not read");
            return;
        }
        if let Some(reader) = reader.take() {
            let reading = chat(from, reader, self.events.clone());
            self.readers.spawn(reading.in_current_span());
        }
    }
}

/// Hands a chat message to the core.
async fn chat(from: Identity, reader: TextStreamReader, events: mpsc::Sender<Event>) {
    let text = timeout(READ_WITHIN, read(reader)).await;
    match text.unwrap_or(Err(Unread::Timeout)) {
        Ok(text) => {
            let text = text.into();
            // Nobody takes it when the call is over.
            events
                .send(Event::Room(RoomEvent::Text { from, text }))
                .await
                .ok();
        }
        Err(error) => tracing::warn!(%from, %error, "a message was not read"),
    }
}

async fn read(mut reader: TextStreamReader) -> Result<String, Unread> {
    let mut text = String::new();
    while let Some(piece) = reader.next().await {
        text.push_str(&piece.map_err(|_broken| Unread::Broken)?);
        if text.len() > LONGEST {
            return Err(Unread::TooLong);
        }
    }
    Ok(text)
}
