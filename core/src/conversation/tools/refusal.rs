//! Calls of tools that are refused: of no tool, too many, or the same again and again.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::conversation::Limits;
use crate::secret::Private;

/// What is answered to a call of a tool that does not exist.
pub(in crate::conversation) const UNKNOWN_TOOL: &str = r#"{"error":"there is no such tool"}"#;

/// What is answered when a tool has taken too long.
pub(in crate::conversation) const TOO_LONG: &str =
    r#"{"error":"the tool did not answer in time; it may or may not have done its work"}"#;

/// What is answered to more calls than are allowed.
pub(crate) const TOO_MANY: &str = r#"{"error":"too many calls of tools; answer without them"}"#;

/// What is answered to a model that goes in circles.
const SAME: &str =
    r#"{"error":"this was called again and again with the same arguments; do something else"}"#;

/// Counts calls, and says which are refused.
#[derive(Debug, Default)]
pub(crate) struct CallLimiter {
    pub(crate) limits: Limits,
    /// In the whole call.
    pub(crate) calls: u32,
    /// The reply that called last, and how often it did.
    in_reply: (u32, u32),
    /// A fingerprint of the last call, and how often it came in a row.
    same: (u64, u32),
}

/// Why a call is refused, for the model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) text: &'static str,
    /// Whether the whole call ends by it.
    pub(crate) is_last: bool,
}

impl CallLimiter {
    /// Counts a call of the reply with this number; why it is refused, if it is.
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

    /// The caller spoke: what was asked before may be asked again.
    pub(crate) fn forgive(&mut self) {
        self.same = (0, 0);
    }
}

/// How often `key` came in a row.
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
