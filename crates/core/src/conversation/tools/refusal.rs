//! Refused tool calls: unknown tools, too many calls, and repeated calls.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::conversation::Limits;
use crate::secret::Private;

/// Result of a call of a tool that does not exist.
pub(in crate::conversation) const UNKNOWN_TOOL: &str = r#"{"error":"there is no such tool"}"#;

/// Result of a tool call that timed out.
pub(in crate::conversation) const TOO_LONG: &str =
    r#"{"error":"the tool did not answer in time; its work may or may not be done"}"#;

/// Result of a tool call that exceeds a limit.
pub(crate) const TOO_MANY: &str = r#"{"error":"too many tool calls; answer without tools"}"#;

/// Result of a tool call that was repeated too often.
const SAME: &str =
    r#"{"error":"this tool was called repeatedly with the same arguments; do something else"}"#;

/// Counts tool calls and decides which are refused.
#[derive(Debug, Default)]
pub(crate) struct CallLimiter {
    pub(crate) limits: Limits,
    /// Number of tool calls in the whole call.
    pub(crate) calls: u32,
    /// The last reply that called a tool, and the number of its tool calls.
    in_reply: (u32, u32),
    /// Fingerprint of the last tool call, and how often it was repeated in a row.
    same: (u64, u32),
}

/// Why a tool call is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) text: &'static str,
    /// Whether the call ends as well.
    pub(crate) is_last: bool,
}

impl CallLimiter {
    /// Counts a tool call of the given reply. Returns the refusal, if it is refused.
    pub(crate) fn refuses(
        &mut self,
        reply: u32,
        name: &str,
        arguments: &Private<String>,
        exists: bool,
    ) -> Option<Refusal> {
        self.calls = self.calls.saturating_add(1);
        let in_reply = count(&mut self.in_reply, reply);
        let same = count(&mut self.same, fingerprint(name, arguments));
        let is_last = self.limits.tool_calls.is_some_and(|most| self.calls > most);
        let text = if is_last || in_reply > self.limits.tool_calls_in_reply {
            TOO_MANY
        } else if same > self.limits.same_tool_calls {
            SAME
        } else if !exists {
            UNKNOWN_TOOL
        } else {
            return None;
        };
        Some(Refusal { text, is_last })
    }

    /// The caller spoke, so the model may repeat earlier calls.
    pub(crate) fn forgive(&mut self) {
        self.same = (0, 0);
    }
}

/// Counts how often `key` occurred in a row.
fn count<K: PartialEq>(last: &mut (K, u32), key: K) -> u32 {
    *last = match last {
        (before, times) if *before == key => (key, times.saturating_add(1)),
        _ => (key, 1),
    };
    last.1
}

fn fingerprint(name: &str, arguments: &Private<String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, arguments.reveal()).hash(&mut hasher);
    hasher.finish()
}
