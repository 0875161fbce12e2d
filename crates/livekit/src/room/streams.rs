//! Reads the streams that participants send to the agent, each in a task of its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use livekit::{ByteStreamReader, StreamResult, TakeCell, TextStreamReader};
use parlor_common::clock;
use parlor_core::conversation::{Event, RoomEvent};
use parlor_core::ids::Identity;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

use super::{CHAT, pre_connect_audio};
use crate::monitor::{self, MonitorRequest};

/// Maximum number of streams read at once; further ones are ignored.
const READ: usize = 16;

/// Maximum number of monitoring requests read per second; further ones are ignored.
const ASKS: usize = 32;

/// Timeout for receiving a message.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Maximum length of a chat message, in bytes.
const LONGEST: usize = 16 << 10;

/// Reads the streams of participants.
pub(super) struct Streams {
    events: mpsc::Sender<Event>,
    monitor_requests: mpsc::Sender<MonitorRequest>,
    pace: Pace,
    readers: JoinSet<()>,
    /// Streams ignored because too many were being read.
    unread: u64,
}

/// Why a stream could not be read. Does not contain any of its content.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    #[error("it did not arrive in time")]
    Timeout,
    #[error("the stream broke off")]
    Broken,
}

impl Streams {
    pub(super) fn new(
        events: mpsc::Sender<Event>,
        monitor_requests: mpsc::Sender<MonitorRequest>,
    ) -> Self {
        Self {
            events,
            monitor_requests,
            pace: Pace::default(),
            readers: JoinSet::new(),
            unread: 0,
        }
    }

    /// Reads a text stream, if it is a chat message.
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

    /// Reads a byte stream, if it is pre-connect audio or a monitoring request; `manages` is
    /// whether its sender may manage the agent's session.
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
                if !self.monitor_requests.is_closed()
                    && self.has_room(&from)
                    && self.pace.allows(clock::now()) =>
            {
                if let Some(reader) = reader.take() {
                    let reading = ask(from, manages, reader, self.monitor_requests.clone());
                    self.readers.spawn(reading.in_current_span());
                }
            }
            _ => {}
        }
    }

    /// Whether one more stream can be read.
    fn has_room(&mut self, from: &Identity) -> bool {
        while self.readers.try_join_next().is_some() {}
        let has_room = self.readers.len() < READ;
        if !has_room {
            self.unread += 1;
            // A sender must not fill the log.
            if self.unread.is_power_of_two() {
                let unread = self.unread;
                tracing::warn!(%from, unread, "too many messages at once; ignored one");
            }
        }
        has_room
    }
}

/// Times of the last requests.
#[derive(Debug, Default)]
struct Pace(VecDeque<Instant>);

impl Pace {
    /// Whether one more request is allowed at `now`; counts it if so.
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

/// Passes pre-connect audio to the conversation.
async fn listen(from: Identity, reader: ByteStreamReader, events: mpsc::Sender<Event>) {
    let heard = pre_connect_audio::read(from, reader).await;
    // The receiver is gone once the call is over.
    events.send(heard).await.ok();
}

/// Passes a chat message to the conversation.
async fn chat(from: Identity, reader: TextStreamReader, events: mpsc::Sender<Event>) {
    match read(reader, LONGEST, String::len, |text, piece: String| {
        text.push_str(&piece);
    })
    .await
    {
        Ok(text) => {
            let text = text.into();
            // The receiver is gone once the call is over.
            events
                .send(Event::Room(RoomEvent::ChatMessage { from, text }))
                .await
                .ok();
        }
        Err(error) => tracing::warn!(%from, %error, "could not read a chat message"),
    }
}

/// Passes a monitoring request on.
async fn ask(
    from: Identity,
    manages: bool,
    reader: ByteStreamReader,
    monitor_requests: mpsc::Sender<MonitorRequest>,
) {
    let all = read(reader, monitor::LONGEST, Vec::len, |all, piece| {
        all.extend_from_slice(&piece);
    });
    match all.await {
        Ok(bytes) => {
            let request = MonitorRequest {
                from,
                manages,
                bytes,
            };
            // The receiver is gone once the call is over.
            monitor_requests.send(request).await.ok();
        }
        Err(error) => tracing::debug!(%from, %error, "could not read a monitoring request"),
    }
}

/// Reads a whole stream, joining its chunks with `add`, if it arrives in time and is not longer
/// than `longest`.
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
    fn the_number_of_requests_per_second_is_limited() {
        let (mut pace, now) = (Pace::default(), clock::now());
        let half = now + Duration::from_millis(500);
        assert!((1..ASKS).all(|_| pace.allows(now)));
        assert!(pace.allows(half));
        assert!(!pace.allows(half));
        let later = now + Duration::from_secs(1);
        assert!((1..ASKS).all(|_| pace.allows(later)));
        assert!(!pace.allows(later), "the one at half a second still counts");
    }

    #[tokio::test]
    async fn a_stream_is_read_to_its_end_up_to_the_maximum_length() {
        let pieces = |sizes: &[usize]| {
            let pieces = sizes.iter().map(|size| Ok(vec![7u8; *size]));
            futures_util::stream::iter(pieces.collect::<Vec<_>>())
        };
        let whole = |sizes| read(pieces(sizes), 10, Vec::len, |all, piece| all.extend(piece));
        assert_eq!(whole(&[4, 6]).await.unwrap(), [7; 10]);
        assert!(matches!(whole(&[4, 7]).await, Err(Unread::TooLong(10))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_never_ends_times_out() {
        let endless = futures_util::stream::pending::<StreamResult<String>>();
        let all = read(endless, 10, String::len, |all, piece| all.push_str(&piece));
        assert!(matches!(all.await, Err(Unread::Timeout)));
    }
}
