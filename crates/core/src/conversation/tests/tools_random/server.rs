//! The API as a test simulates it: what it has received, and what it is doing.

use super::*;
use crate::ids::ReplyId;

/// State of the API, over consecutive connections.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub(super) connected: bool,
    /// Whether it was asked to resume the lost session.
    pub(super) resuming: bool,
    pub(super) configured: bool,
    pub(super) ready: bool,
    /// IDs of the replies, in order.
    pub(super) replies: Vec<String>,
    /// The reply in progress, counted from 1.
    pub(super) open: Option<usize>,
    /// Whether `input.speech.started` came after the last `reply.done`.
    pub(super) caller_speaks: bool,
}

impl Server {
    /// Handles a message of a session that is ready. Returns the ID if it is a tool call.
    pub(super) fn says(&mut self, event: &AgentEvent) -> Option<String> {
        match event {
            AgentEvent::ToolCall { call, .. } => return Some(call.to_string()),
            AgentEvent::SpeechStarted => self.caller_speaks = true,
            AgentEvent::ReplyStarted { reply: Some(reply) }
            | AgentEvent::ReplyAudio {
                reply: Some(reply), ..
            } => self.begin(reply),
            AgentEvent::ReplyDone {
                reply: Some(reply),
                status: ReplyStatus::Interrupted,
            } => self.close(reply),
            AgentEvent::ReplyDone {
                reply: Some(reply), ..
            } => {
                self.close(reply);
                self.caller_speaks = false;
            }
            _ => {}
        }
        None
    }

    /// The connection is closed.
    pub(super) fn cut(&mut self) {
        *self = Self {
            resuming: self.resuming,
            replies: std::mem::take(&mut self.replies),
            ..Self::default()
        };
    }

    fn begin(&mut self, reply: &ReplyId) {
        if !self.replies.iter().any(|it| it == reply.as_str()) {
            self.replies.push(reply.to_string());
            self.open = Some(self.replies.len());
        }
    }

    fn close(&mut self, reply: &ReplyId) {
        let name = self.open.map(|open| self.replies[open - 1].as_str());
        if name == Some(reply.as_str()) {
            self.open = None;
        }
    }
}
