//! Streams that participants send to the agent: each is read in a task of its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use livekit::{ByteStreamReader, StreamResult, TakeCell, TextStreamReader};
use parlor_core::conversation::{Event, RoomEvent};
use parlor_core::ids::Identity;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

use super::{CHAT, pre_connect_audio};
use crate::clock;
use crate::monitor::{self, Asked};

/// Streams that are read at once; what comes on top is not read.
const READ: usize = 16;

/// Requests that are read in a second; what comes on top is not read.
const ASKS: usize = 32;

/// How long a message may take to come.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// The longest chat message, in bytes.
const LONGEST: usize = 16 << 10;

/// Reads what participants send.
pub(super) struct Streams {
    events: mpsc::Sender<Event>,
    asked: mpsc::Sender<Asked>,
    pace: Pace,
    readers: JoinSet<()>,
    /// Messages that were not read because too many came at once.
    unread: u64,
}

/// Why a stream came to nothing. Tells nothing of what was in it.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    #[error("it did not come in time")]
    Timeout,
    #[error("it broke off")]
    Broken,
}

impl Streams {
    pub(super) fn new(events: mpsc::Sender<Event>, asked: mpsc::Sender<Asked>) -> Self {
        Self {
            events,
            asked,
            pace: Pace::default(),
            readers: JoinSet::new(),
            unread: 0,
        }
    }

    /// Somebody sends text.
    pub(super) fn text(
        &mut self,
        topic: &str,
        from: Identity,
        reader: &TakeCell<TextStreamReader>,
    ) {
        if topic == CHAT
            && self.has_room(&from)
            && let Some(reader) = reader.take()
        {
            let reading = chat(from, reader, self.events.clone());
            self.readers.spawn(reading.in_current_span());
        }
    }

    /// Somebody sends bytes, who may manage the agent's session or not.
    pub(super) fn bytes(
        &mut self,
        topic: &str,
        from: Identity,
        manages: bool,
        reader: &TakeCell<ByteStreamReader>,
    ) {
        match topic {
            pre_connect_audio::TOPIC if self.has_room(&from) => {
                if let Some(reader) = reader.take() {
                    let reading = listen(from, reader, self.events.clone());
                    self.readers.spawn(reading.in_current_span());
                }
            }
            monitor::TOPIC
                if !self.asked.is_closed()
                    && self.has_room(&from)
                    && self.pace.allows(clock::now()) =>
            {
                if let Some(reader) = reader.take() {
                    let reading = ask(from, manages, reader, self.asked.clone());
                    self.readers.spawn(reading.in_current_span());
                }
            }
            _ => {}
        }
    }

    /// Whether one more can be read.
    fn has_room(&mut self, from: &Identity) -> bool {
        while self.readers.try_join_next().is_some() {}
        let has_room = self.readers.len() < READ;
        if !has_room {
            self.unread += 1;
            // Whoever sends them must not fill the log.
            if self.unread.is_power_of_two() {
                let unread = self.unread;
                tracing::warn!(%from, unread, "too many messages at once; one is not read");
            }
        }
        has_room
    }
}

/// When the last requests came.
#[derive(Debug, Default)]
struct Pace(VecDeque<Instant>);

impl Pace {
    /// Whether one more may come now.
    fn allows(&mut self, now: Instant) -> bool {
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < Duration::from_secs(1);
        if self.0.len() == ASKS {
            if self.0.front().is_some_and(is_recent) {
                return false;
            }
            self.0.pop_front();
        }
        self.0.push_back(now);
        true
    }
}

/// Hands what was said before the agent came to the core.
async fn listen(from: Identity, reader: ByteStreamReader, events: mpsc::Sender<Event>) {
    let heard = pre_connect_audio::read(from, reader).await;
    // Nobody takes it when the call is over.
    events.send(heard).await.ok();
}

/// Hands a chat message to the core.
async fn chat(from: Identity, reader: TextStreamReader, events: mpsc::Sender<Event>) {
    match read(reader, LONGEST, String::len, |text, piece: String| {
        text.push_str(&piece);
    })
    .await
    {
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

/// Hands a request to whoever answers those who watch the call.
async fn ask(from: Identity, manages: bool, reader: ByteStreamReader, asked: mpsc::Sender<Asked>) {
    let all = read(reader, monitor::LONGEST, Vec::len, |all, piece| {
        all.extend_from_slice(&piece);
    });
    match all.await {
        Ok(bytes) => {
            let request = Asked {
                from,
                manages,
                bytes,
            };
            // Nobody takes it when the call is over.
            asked.send(request).await.ok();
        }
        Err(error) => tracing::debug!(%from, %error, "a request was not read"),
    }
}

/// All of a stream, put together by `add`, if it comes in time and is not longer than `longest`.
async fn read<T: Default, P>(
    mut reader: impl Stream<Item = StreamResult<P>> + Unpin,
    longest: usize,
    len: impl Fn(&T) -> usize,
    add: impl Fn(&mut T, P),
) -> Result<T, Unread> {
    let reading = async {
        let mut all = T::default();
        while let Some(piece) = reader.next().await {
            add(&mut all, piece.map_err(|_broken| Unread::Broken)?);
            if len(&all) > longest {
                return Err(Unread::TooLong(longest));
            }
        }
        Ok(all)
    };
    timeout(READ_WITHIN, reading)
        .await
        .unwrap_or(Err(Unread::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_requests_a_second_are_read() {
        let (mut pace, now) = (Pace::default(), clock::now());
        let half = now + Duration::from_millis(500);
        assert!((1..ASKS).all(|_| pace.allows(now)));
        assert!(pace.allows(half));
        assert!(!pace.allows(half));
        let later = now + Duration::from_secs(1);
        assert!((1..ASKS).all(|_| pace.allows(later)));
        assert!(!pace.allows(later), "the one in between is recent");
    }

    #[tokio::test]
    async fn a_stream_is_read_to_its_end_and_not_beyond_the_longest() {
        let pieces = |sizes: &[usize]| {
            let pieces = sizes.iter().map(|size| Ok(vec![7u8; *size]));
            futures_util::stream::iter(pieces.collect::<Vec<_>>())
        };
        let whole = |sizes| read(pieces(sizes), 10, Vec::len, |all, piece| all.extend(piece));
        assert_eq!(whole(&[4, 6]).await.unwrap(), [7; 10]);
        assert!(matches!(whole(&[4, 7]).await, Err(Unread::TooLong(10))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_never_ends_is_given_up() {
        let endless = futures_util::stream::pending::<StreamResult<String>>();
        let all = read(endless, 10, String::len, |all, piece| all.push_str(&piece));
        assert!(matches!(all.await, Err(Unread::Timeout)));
    }
}
