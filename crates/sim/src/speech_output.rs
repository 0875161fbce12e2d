//! The current reply: its messages, on an absolute schedule.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::messages;
use super::options::{Options, Pace};
use super::scenario::ToolCall;
use super::voice::Speech;

/// Bytes per chunk: 10 ms.
const CHUNK: usize = 480;

/// Sends one reply at a time.
#[derive(Debug)]
pub(super) struct SpeechOutput {
    pace: Pace,
    odd_chunks: bool,
    reply: Option<Reply>,
}

/// Contents of a reply: speech, tool calls half-way through its audio, or both.
#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) speech: Speech,
    pub(super) calls: VecDeque<ToolCall>,
    pub(super) is_greeting: bool,
}

#[derive(Debug)]
struct Reply {
    id: String,
    item: String,
    utterance: Utterance,
    bytes: Vec<u8>,
    at: usize,
    started: Instant,
    words_told: usize,
    text_told: bool,
}

/// The next step of a reply.
#[derive(Debug)]
pub(super) enum Said {
    /// Send this message.
    Message(Value),
    /// The reply with this id calls this tool.
    Call(String, ToolCall),
    /// The reply is complete: send its `reply.done`.
    Done(Value),
}

impl From<Speech> for Utterance {
    fn from(speech: Speech) -> Self {
        Self {
            speech,
            calls: VecDeque::new(),
            is_greeting: false,
        }
    }
}

impl SpeechOutput {
    pub(super) fn new(options: &Options) -> Self {
        let bursts = options.scenarios.iter().any(|it| it.burst);
        Self {
            pace: if bursts { Pace::Burst } else { options.pace },
            odd_chunks: options.scenarios.iter().any(|it| it.odd_chunks),
            reply: None,
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.reply.is_some()
    }

    pub(super) fn is_greeting(&self) -> bool {
        let reply = self.reply.as_ref();
        reply.is_some_and(|reply| reply.utterance.is_greeting)
    }

    /// Starts a reply in place of any other; returns its `reply.started`.
    pub(super) fn start(&mut self, now: Instant, utterance: Utterance) -> Value {
        let samples = utterance.speech.samples.iter();
        let reply = Reply {
            id: messages::id("resp"),
            item: messages::id("msg"),
            bytes: samples.flat_map(|sample| sample.to_le_bytes()).collect(),
            text_told: utterance.speech.text.is_empty(),
            utterance,
            at: 0,
            started: now,
            words_told: 0,
        };
        let started = messages::reply_started(&reply.id, &reply.item);
        self.reply = Some(reply);
        started
    }

    /// Makes the current reply longer, if there is one.
    pub(super) fn lengthen(&mut self, bytes: &[u8]) {
        if let Some(reply) = &mut self.reply {
            reply.bytes.extend_from_slice(bytes);
        }
    }

    /// When the next step is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let reply = self.reply.as_ref()?;
        Some(match self.pace {
            Pace::Burst => reply.started,
            Pace::RealTime => reply.started + Duration::from_micros(reply.at as u64 * 1_000 / 48),
        })
    }

    /// The next step, if it is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<Said> {
        if self.due()? > now {
            return None;
        }
        let odd_chunks = self.odd_chunks;
        let reply = self.reply.as_mut()?;
        if let Some(said) = reply.word().or_else(|| reply.call()) {
            return Some(said);
        }
        if reply.at < reply.bytes.len() {
            return Some(Said::Message(reply.audio(odd_chunks)));
        }
        if !std::mem::replace(&mut reply.text_told, true) {
            let text = &reply.utterance.speech.text;
            let text = messages::agent_transcript(&reply.id, &reply.item, text, false);
            return Some(Said::Message(text));
        }
        let reply = self.reply.take()?;
        Some(Said::Done(messages::reply_done(&reply.id, "completed")))
    }

    /// Interrupts the reply; returns its id and its last messages, without `input.speech.started`.
    pub(super) fn interrupt(&mut self) -> Option<(String, [Value; 2])> {
        let reply = self.reply.take()?;
        let said = reply.utterance.speech.said_by(reply.at / 2);
        let messages = [
            messages::agent_transcript(&reply.id, &reply.item, &said, true),
            messages::reply_done(&reply.id, "interrupted"),
        ];
        Some((reply.id, messages))
    }

    /// Cancels a reply; returns its `reply.done`.
    pub(super) fn cancel(&mut self, id: &str) -> Option<Value> {
        let reply = self.reply.take_if(|reply| reply.id == id)?;
        Some(messages::reply_done(&reply.id, "cancelled"))
    }
}

impl Reply {
    /// All words are sent at once, after the first chunk.
    fn word(&mut self) -> Option<Said> {
        let word = self.utterance.speech.words.get(self.words_told);
        let word = word.filter(|_| self.at > 0)?;
        self.words_told += 1;
        let delta = messages::agent_delta(&self.id, &self.item, word);
        Some(Said::Message(delta))
    }

    /// Tools are called half-way through the audio.
    fn call(&mut self) -> Option<Said> {
        if self.at < self.bytes.len() / 2 {
            return None;
        }
        let call = self.utterance.calls.pop_front()?;
        Some(Said::Call(self.id.clone(), call))
    }

    fn audio(&mut self, odd_chunks: bool) -> Value {
        let size = match (odd_chunks, self.at % 2) {
            (true, 0) => CHUNK - 1,
            (true, _) => CHUNK + 3,
            (false, _) => CHUNK,
        };
        let chunk = &self.bytes[self.at..self.bytes.len().min(self.at + size)];
        self.at += chunk.len();
        messages::audio(&self.id, chunk)
    }
}
