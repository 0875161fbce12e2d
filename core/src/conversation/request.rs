//! What the agent is asked to say without the caller's asking: `reply.create`, one at a time,
//! and only when nobody speaks. What happens to one that meets another reply is nowhere said.

use std::collections::VecDeque;

use super::AgentCommand;
use super::context::Context;
use crate::private::Private;

/// Requests that wait; what comes after is not asked.
const WAITING: usize = 8;

/// What the agent is asked to say.
#[derive(Debug, Default)]
pub(super) struct Requests(VecDeque<Option<Private<String>>>);

impl Requests {
    /// To say something that fits.
    pub(super) fn anything(&mut self) {
        self.push(None);
    }

    /// To do as told, for one reply.
    pub(super) fn instruct(&mut self, instructions: Private<String>) {
        self.push(Some(instructions));
    }

    /// To say a line word for word.
    pub(super) fn say(&mut self, line: &Private<String>) {
        let line = line.reveal();
        self.instruct(format!("Say exactly this, word for word, and nothing else: {line}").into());
    }

    /// Asks for the next; whether there was one.
    pub(super) fn ask(&mut self, cx: &mut Context) -> bool {
        let Some(instructions) = self.0.pop_front() else {
            return false;
        };
        cx.send(AgentCommand::CreateReply { instructions });
        true
    }

    /// Whether something is still to be asked.
    pub(super) fn is_waiting(&self) -> bool {
        !self.0.is_empty()
    }

    /// Nothing of it matters any more.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn push(&mut self, instructions: Option<Private<String>>) {
        if self.0.len() < WAITING {
            self.0.push_back(instructions);
        }
    }
}
