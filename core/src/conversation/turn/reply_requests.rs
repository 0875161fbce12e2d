//! What the agent is asked to say without the caller's asking: `reply.create`, one at a time,
//! and only when nobody speaks. What happens to one that meets another reply is nowhere said.

use std::collections::VecDeque;

use crate::conversation::AgentCommand;
use crate::conversation::context::Context;
use crate::conversation::tools::Filler;
use crate::ids::ToolCallId;
use crate::secret::Private;

/// Requests that wait; what comes after is not asked.
const WAITING: usize = 8;

/// What the agent is asked to say.
#[derive(Debug, Default)]
pub(crate) struct ReplyRequests(VecDeque<Request>);

#[derive(Debug, Default)]
struct Request {
    instructions: Option<Private<String>>,
    /// The call of a tool that the caller waits for; without it there is nothing to say.
    waits_for: Option<ToolCallId>,
}

impl ReplyRequests {
    /// To say something that fits.
    pub(crate) fn anything(&mut self) {
        self.push(Request::default());
    }

    /// To do as told, for one reply.
    pub(crate) fn instruct(&mut self, instructions: Private<String>) {
        self.push(Request {
            instructions: Some(instructions),
            waits_for: None,
        });
    }

    /// To answer what the caller wrote.
    pub(crate) fn answer(&mut self, text: &Private<String>) {
        let text = text.reveal();
        let instructions = format!(
            "The caller wrote this instead of saying it. Answer it, as if it had been said: {text}"
        );
        self.instruct(instructions.into());
    }

    /// To say a line word for word.
    pub(crate) fn say(&mut self, line: &Private<String>) {
        self.instruct(word_for_word(line));
    }

    /// To say a line while the caller waits for a call of a tool, and only then.
    pub(crate) fn fill(&mut self, filler: Filler) {
        self.push(Request {
            instructions: Some(word_for_word(&filler.line)),
            waits_for: Some(filler.call),
        });
    }

    /// Forgets what was to be said during calls of tools that are over.
    pub(crate) fn keep_fillers(&mut self, is_awaited: impl Fn(&ToolCallId) -> bool) {
        self.0
            .retain(|it| it.waits_for.as_ref().is_none_or(&is_awaited));
    }

    /// Asks for the next; whether there was one.
    pub(crate) fn ask(&mut self, cx: &mut Context) -> bool {
        let Some(Request { instructions, .. }) = self.0.pop_front() else {
            return false;
        };
        cx.send(AgentCommand::CreateReply { instructions });
        true
    }

    /// Whether something is still to be asked.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.0.is_empty()
    }

    /// Nothing of it matters any more.
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
