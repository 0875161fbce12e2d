//! Pending tool calls.

use livekit_protocol::agent::agent_session_event::FunctionToolsExecuted;
use livekit_protocol::agent::{FunctionCall, FunctionCallOutput};
use parlor_core::ids::ToolCallId;

/// Maximum number of calls tracked at the same time; no end is reported for calls beyond it.
const FOLLOWED: usize = 64;

/// A group of overlapping tool calls: each started before all earlier ones had ended.
#[derive(Default)]
pub(super) struct ToolCalls {
    open: Vec<FunctionCall>,
    ended: FunctionToolsExecuted,
}

impl ToolCalls {
    /// Records the start of a call.
    pub(super) fn called(&mut self, call: FunctionCall) {
        if self.open.len() + self.ended.function_calls.len() < FOLLOWED {
            self.open.push(call);
        }
    }

    /// Records the end of a call, with its output unless it was dropped. Returns the call if it is
    /// tracked.
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

    /// Takes all calls of the group once the last of them has ended.
    pub(super) fn executed(&mut self) -> Option<FunctionToolsExecuted> {
        let is_over = self.is_idle() && !self.ended.function_calls.is_empty();
        is_over.then(|| std::mem::take(&mut self.ended))
    }

    /// Returns whether no call is pending.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }
}
