//! What is being said, message by message, on an absolute schedule.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::messages;
use super::voice::Speech;
use super::{Fault, Options, Pace};

/// Bytes of one chunk: 10 ms.
const CHUNK: usize = 480;

/// Says one reply at a time.
#[derive(Debug)]
pub(super) struct Mouth {
    pace: Pace,
    odd_chunks: bool,
    without_reply_id: bool,
    without_status: bool,
    late_audio: bool,
    back_channels: usize,
    reply: Option<Reply>,
}

#[derive(Debug)]
struct Reply {
    id: String,
    item: String,
    speech: Speech,
    bytes: Vec<u8>,
    at: usize,
    started: Instant,
    words_told: usize,
    text_told: bool,
}

/// The next thing to do.
#[derive(Debug)]
pub(super) enum Said {
    /// Send this.
    Message(Value),
    /// The reply is whole.
    All,
}

impl Mouth {
    pub(super) fn new(options: &Options) -> Self {
        let does = |fault: Fault| options.faults.contains(&fault);
        Self {
            pace: options.pace,
            odd_chunks: does(Fault::OddChunks),
            without_reply_id: does(Fault::MissingReplyId),
            without_status: does(Fault::MissingStatus),
            late_audio: does(Fault::LateAudio),
            back_channels: usize::from(does(Fault::BackChannel)),
            reply: None,
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.reply.is_some()
    }

    /// Whether this onset is only an "uh-huh"; the first one is, when that was asked for.
    pub(super) fn take_back_channel(&mut self) -> bool {
        let is_one = self.back_channels > 0;
        self.back_channels = self.back_channels.saturating_sub(1);
        is_one
    }

    /// Starts a reply in place of any other; gives its `reply.started`.
    pub(super) fn start(&mut self, now: Instant, speech: Speech) -> Value {
        let bytes = speech
            .samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes());
        let reply = Reply {
            id: messages::id("resp"),
            item: messages::id("msg"),
            bytes: bytes.collect(),
            speech,
            at: 0,
            started: now,
            words_told: 0,
            text_told: false,
        };
        let started = messages::reply_started(&reply.id, &reply.item);
        self.reply = Some(reply);
        started
    }

    /// When the next message is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let reply = self.reply.as_ref()?;
        Some(match self.pace {
            Pace::Burst => reply.started,
            Pace::RealTime => reply.started + Duration::from_micros(reply.at as u64 * 1_000 / 48),
        })
    }

    /// The next message, when it is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<Said> {
        if self.due()? > now {
            return None;
        }
        let reply = self.reply.as_mut()?;
        // The words come in a burst behind the first chunk.
        if reply.at > 0
            && let Some(word) = reply.speech.words.get(reply.words_told)
        {
            reply.words_told += 1;
            return Some(Said::Message(messages::agent_delta(
                &reply.id,
                &reply.item,
                word,
            )));
        }
        if reply.at < reply.bytes.len() {
            let size = match (self.odd_chunks, reply.at % 2) {
                (true, 0) => CHUNK - 1,
                (true, _) => CHUNK + 3,
                (false, _) => CHUNK,
            };
            let chunk = &reply.bytes[reply.at..reply.bytes.len().min(reply.at + size)];
            let id = (!self.without_reply_id).then_some(reply.id.as_str());
            let message = messages::audio(id, chunk);
            reply.at += chunk.len();
            return Some(Said::Message(message));
        }
        if !std::mem::replace(&mut reply.text_told, true) {
            let text =
                messages::agent_transcript(&reply.id, &reply.item, &reply.speech.text, false);
            return Some(Said::Message(text));
        }
        self.finish()
    }

    /// The messages of an interruption, but for `input.speech.started`.
    pub(super) fn interrupt(&mut self) -> Vec<Value> {
        let Some(reply) = self.reply.take() else {
            return Vec::new();
        };
        let said = reply.speech.said_by(reply.at / 2);
        let mut messages = vec![
            messages::agent_transcript(&reply.id, &reply.item, &said, true),
            messages::reply_done(&reply.id, Some("interrupted")),
        ];
        if self.late_audio {
            let late = reply.bytes[reply.at..].chunks(CHUNK).take(5);
            messages.extend(late.map(|chunk| messages::audio(Some(&reply.id), chunk)));
        }
        messages
    }

    /// Takes a reply back; gives its `reply.done`.
    pub(super) fn cancel(&mut self, id: &str) -> Option<Value> {
        let reply = self.reply.take_if(|reply| reply.id == id)?;
        Some(messages::reply_done(&reply.id, Some("cancelled")))
    }

    /// `reply.done`, then [`Said::All`].
    fn finish(&mut self) -> Option<Said> {
        let reply = self.reply.as_mut()?;
        if reply.id.is_empty() {
            self.reply = None;
            return Some(Said::All);
        }
        let status = (!self.without_status).then_some("completed");
        let done = messages::reply_done(&std::mem::take(&mut reply.id), status);
        Some(Said::Message(done))
    }
}
