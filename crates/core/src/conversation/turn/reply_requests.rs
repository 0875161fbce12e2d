//! Replies that Parlor requests with `reply.create`, one at a time and only when nobody is
//! speaking. The API does not document what happens to a `reply.create` during another reply.

use std::collections::VecDeque;

use crate::conversation::AgentCommand;
use crate::conversation::context::Context;
use crate::conversation::tools::Filler;
use crate::ids::ToolCallId;
use crate::secret::Private;

/// Maximum pending requests; further ones are dropped.
const WAITING: usize = 8;

/// Queue of requested replies.
#[derive(Debug, Default)]
pub(crate) struct ReplyRequests(VecDeque<Request>);

#[derive(Debug, Default)]
struct Request {
    instructions: Option<Private<String>>,
    /// Tool call that the caller waits for. The request is dropped once the call has finished.
    waits_for: Option<ToolCallId>,
}

impl ReplyRequests {
    /// Requests a reply without instructions.
    pub(crate) fn anything(&mut self) {
        self.push(Request::default());
    }

    /// Requests a reply with instructions that apply to this reply only.
    pub(crate) fn instruct(&mut self, instructions: Private<String>) {
        self.push(Request {
            instructions: Some(instructions),
            waits_for: None,
        });
    }

    /// Requests a reply to a text message of the caller.
    pub(crate) fn answer(&mut self, text: &Private<String>) {
        let text = text.reveal();
        let instructions = format!(
            "The caller wrote this instead of saying it. Answer it, as if it had been said: {text}"
        );
        self.instruct(instructions.into());
    }

    /// Requests that a line is said verbatim.
    pub(crate) fn say(&mut self, line: &Private<String>) {
        self.instruct(word_for_word(line));
    }

    /// Requests a filler, to be said only while the tool call is running.
    pub(crate) fn fill(&mut self, filler: Filler) {
        self.push(Request {
            instructions: Some(word_for_word(&filler.line)),
            waits_for: Some(filler.call),
        });
    }

    /// Drops fillers of tool calls that have finished.
    pub(crate) fn keep_fillers(&mut self, is_awaited: impl Fn(&ToolCallId) -> bool) {
        self.0
            .retain(|it| it.waits_for.as_ref().is_none_or(&is_awaited));
    }

    /// Sends the next request. Returns whether there was one.
    pub(crate) fn ask(&mut self, cx: &mut Context) -> bool {
        let Some(Request { instructions, .. }) = self.0.pop_front() else {
            return false;
        };
        cx.send(AgentCommand::CreateReply { instructions });
        true
    }

    /// Whether requests are pending.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.0.is_empty()
    }

    /// Drops all requests.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn push(&mut self, request: Request) {
        if self.0.len() < WAITING {
            self.0.push_back(request);
        }
    }
}

fn word_for_word(line: &Private<String>) -> Private<String> {
    let line = line.reveal();
    format!("Say exactly this, word for word, and nothing else: {line}").into()
}
