//! Reads what a caller's app would show: chat messages, captions and monitoring messages.

use std::time::Duration;

use futures_util::StreamExt;
use livekit::{ByteStreamReader, StreamReader as _, TextStreamReader};
use parlor_core::ids::Identity;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::monitor;
use crate::room::CHAT;
use crate::room::captions::{FINAL, INTERRUPTED, SEGMENT, TOPIC};

/// Maximum number of entries kept of each kind.
const KEPT: usize = 1_000;

/// Timeout for a message, or for the next chunk of a caption.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// The captions of one turn or reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptionLine {
    /// ID of the segment (`lk.segment_id`): one per turn or reply.
    pub segment: String,
    /// Identity of the speaker.
    pub speaker: String,
    /// Text so far.
    pub text: String,
    /// Whether the text is final.
    pub is_final: bool,
    /// Whether the caller interrupted the reply.
    pub interrupted: bool,
}

/// Reads text streams, each in a task of its own, and byte streams one after another.
pub(crate) struct TranscriptReader {
    chat_messages: watch::Sender<Vec<String>>,
    captions: watch::Sender<Vec<CaptionLine>>,
    /// Byte streams that wait to be read.
    streams: mpsc::Sender<ByteStreamReader>,
    readers: JoinSet<()>,
}

impl TranscriptReader {
    pub(crate) fn new(
        chat_messages: watch::Sender<Vec<String>>,
        captions: watch::Sender<Vec<CaptionLine>>,
        monitor_messages: watch::Sender<Vec<Vec<u8>>>,
    ) -> Self {
        let (streams, streams_out) = mpsc::channel(KEPT);
        let mut readers = JoinSet::new();
        readers.spawn(read_in_order(streams_out, monitor_messages));
        Self {
            chat_messages,
            captions,
            streams,
            readers,
        }
    }

    /// Reads a text stream.
    pub(crate) fn text(&mut self, topic: &str, from: Identity, reader: TextStreamReader) {
        while self.readers.try_join_next().is_some() {}
        match topic {
            CHAT => {
                let chat_messages = self.chat_messages.clone();
                self.readers.spawn(async move {
                    if let Ok(Ok(text)) = timeout(READ_WITHIN, reader.read_all()).await {
                        write_down(&chat_messages, text);
                    }
                });
            }
            TOPIC => {
                self.readers
                    .spawn(follow(from, reader, self.captions.clone()));
            }
            _ => {}
        }
    }

    /// Queues a byte stream; drops it if 1000 streams are queued already.
    pub(crate) fn bytes(&self, topic: &str, reader: ByteStreamReader) {
        if topic == monitor::TOPIC {
            self.streams.try_send(reader).ok();
        }
    }

    /// Records a DTMF digit.
    pub(crate) fn key(&self, key: String) {
        write_down(&self.chat_messages, key);
    }
}

fn write_down<T>(entries: &watch::Sender<Vec<T>>, what: T) {
    entries.send_modify(|all| {
        if all.len() < KEPT {
            all.push(what);
        }
    });
}

async fn read_in_order(
    mut streams: mpsc::Receiver<ByteStreamReader>,
    monitor_messages: watch::Sender<Vec<Vec<u8>>>,
) {
    while let Some(reader) = streams.recv().await {
        if let Ok(Ok(bytes)) = timeout(READ_WITHIN, reader.read_all()).await {
            write_down(&monitor_messages, bytes.to_vec());
        }
    }
}

/// Updates the captions as a stream grows; the stream replaces earlier ones of its segment.
async fn follow(
    from: Identity,
    mut reader: TextStreamReader,
    captions: watch::Sender<Vec<CaptionLine>>,
) {
    let segment = reader.info().attributes().remove(SEGMENT);
    let mut line = CaptionLine {
        segment: segment.unwrap_or_default(),
        speaker: from.as_str().to_owned(),
        ..CaptionLine::default()
    };
    while let Ok(Some(Ok(piece))) = timeout(READ_WITHIN, reader.next()).await {
        line.text.push_str(&piece);
        show(&captions, &line);
    }
    let attributes = reader.info().attributes();
    let is_set = |name: &str| attributes.get(name).is_some_and(|it| it == "true");
    line.is_final = is_set(FINAL);
    line.interrupted = is_set(INTERRUPTED);
    show(&captions, &line);
}

fn show(captions: &watch::Sender<Vec<CaptionLine>>, line: &CaptionLine) {
    captions.send_modify(|all| {
        let known = all.iter().position(|it| it.segment == line.segment);
        match known {
            // The tasks of two streams may end in any order.
            Some(at) if all[at].is_final && !line.is_final => {}
            Some(at) => all[at].clone_from(line),
            None if all.len() < KEPT => all.push(line.clone()),
            None => {}
        }
    });
}
