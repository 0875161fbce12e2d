//! Open tool calls and when they may be answered. There are no tools yet, so each call is
//! answered with an error: a call that is not answered would hang for two minutes.
//!
//! An answer waits for the `reply.done` of the turn that called; one that comes earlier would
//! cut into it. It is dropped when that reply was interrupted, and late rather than never sent.

use std::time::Duration;

use super::context::{Context, Timer};
use super::{AgentCommand, Fact};
use crate::ids::CallId;

/// How long an answer waits for a `reply.done` that does not come.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Answers that may wait: far more calls than any model makes in a reply. The call after that
/// sends them all.
pub(super) const WAITING: usize = 32;

/// What is answered to a call of a tool that does not exist.
pub(super) const UNKNOWN_TOOL: &str = r#"{"error":"there is no such tool"}"#;

/// The tool calls of a call.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// Tools that run at the server.
    server: Vec<String>,
    waiting: Vec<CallId>,
}

impl Tools {
    /// `session.ready` names the tools that are not ours to answer.
    pub(super) fn set_server_tools(&mut self, names: Vec<String>) {
        self.server = names;
    }

    /// `tool.call`, while a reply is open or none is. Whether an answer was sent.
    pub(super) fn called(
        &mut self,
        cx: &mut Context,
        call: CallId,
        name: String,
        reply_is_open: bool,
    ) -> bool {
        if self.server.contains(&name) {
            return false;
        }
        cx.observe(Fact::UnknownTool { name });
        let full = self.waiting.len() == WAITING;
        self.waiting.push(call);
        if full || !reply_is_open {
            return self.answer(cx);
        }
        if !cx.timers.is_set(Timer::ToolResult) {
            cx.within(Timer::ToolResult, ANSWER_WITHIN);
        }
        false
    }

    /// The turn that called is over, or took too long: answers. Whether there was a call.
    pub(super) fn answer(&mut self, cx: &mut Context) -> bool {
        cx.stop(Timer::ToolResult);
        let answered = !self.waiting.is_empty();
        for call in self.waiting.drain(..) {
            cx.send(AgentCommand::ToolResult {
                call,
                result: UNKNOWN_TOOL.to_owned().into(),
                is_error: true,
            });
        }
        answered
    }

    /// The turn that called was interrupted, or the call is over: nobody waits for an answer.
    pub(super) fn forget(&mut self, cx: &mut Context) {
        cx.stop(Timer::ToolResult);
        self.waiting.clear();
    }
}
