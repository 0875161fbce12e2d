//! Calls of tools that are not answered yet.

use livekit_protocol::agent::agent_session_event::FunctionToolsExecuted;
use livekit_protocol::agent::{FunctionCall, FunctionCallOutput};
use parlor_core::ids::ToolCallId;

/// Calls that are followed at once; of more, no ends are told.
const FOLLOWED: usize = 64;

/// Calls that belong together: none of them ended before the next began.
#[derive(Default)]
pub(super) struct ToolCalls {
    open: Vec<FunctionCall>,
    ended: FunctionToolsExecuted,
}

impl ToolCalls {
    /// A tool was called.
    pub(super) fn called(&mut self, call: FunctionCall) {
        if self.open.len() + self.ended.function_calls.len() < FOLLOWED {
            self.open.push(call);
        }
    }

    /// It was answered, or never will be; the call, if it is one of those that are followed.
    pub(super) fn ended(
        &mut self,
        call: &ToolCallId,
        output: Option<FunctionCallOutput>,
    ) -> Option<FunctionCall> {
        let at = self.open.iter().position(|it| it.call_id == call.as_str());
        let ended = self.open.remove(at?);
        self.ended.function_calls.push(ended.clone());
        self.ended.function_call_outputs.extend(output);
        Some(ended)
    }

    /// All calls that belong together, once the last of them has ended.
    pub(super) fn executed(&mut self) -> Option<FunctionToolsExecuted> {
        let is_over = self.is_idle() && !self.ended.function_calls.is_empty();
        is_over.then(|| std::mem::take(&mut self.ended))
    }

    /// Whether none is open.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }
}
