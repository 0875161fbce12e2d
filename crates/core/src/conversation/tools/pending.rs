//! A tool call that is not answered yet.

use std::time::Instant;

use super::Filler;
use crate::conversation::context::Context;
use crate::conversation::{AgentCommand, Fact, ToolKind, ToolRule};
use crate::ids::ToolCallId;
use crate::secret::Private;

/// A tool call that is not answered yet.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub(crate) call: ToolCallId,
    pub(crate) name: String,
    /// Number of the reply that made the call.
    pub(crate) reply: u32,
    pub(crate) rule: ToolRule,
    pub(crate) state: State,
    called: Instant,
    /// When the call times out.
    pub(crate) until: Instant,
    fillers: usize,
}

#[derive(Debug)]
pub(crate) enum State {
    Running,
    /// The result is waiting to be sent.
    Ready {
        result: Private<String>,
        is_error: bool,
    },
}

impl PendingCall {
    pub(crate) fn new(
        now: Instant,
        call: ToolCallId,
        name: String,
        reply: u32,
        rule: ToolRule,
    ) -> Self {
        Self {
            call,
            name,
            reply,
            state: State::Running,
            called: now,
            until: now + rule.within,
            fillers: 0,
            rule,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    /// Whether the driver is running it. Tools that the conversation runs itself have no timeout:
    /// they finish at once or with the call.
    pub(crate) fn is_running_externally(&self) -> bool {
        self.is_running() && self.rule.kind == ToolKind::External
    }

    /// When it times out or the next filler is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        let filler = self.filler_at();
        self.is_running_externally()
            .then(|| filler.map_or(self.until, |at| at.min(self.until)))
    }

    /// Filler that is due now, if any.
    pub(crate) fn take_filler(&mut self, now: Instant) -> Option<Filler> {
        if !self.is_running_externally() || self.filler_at()? > now {
            return None;
        }
        self.fillers += 1;
        let line = self.rule.fillers.get(self.fillers - 1)?.clone();
        let call = self.call.clone();
        Some(Filler { call, line })
    }

    /// Sends the result.
    pub(crate) fn send_result(self, cx: &mut Context) {
        let State::Ready { result, is_error } = self.state else {
            return;
        };
        cx.send(AgentCommand::ToolResult {
            call: self.call.clone(),
            result: result.clone(),
            is_error,
        });
        cx.observe(Fact::ToolAnswered {
            call: self.call,
            name: self.name,
            result,
            is_error,
            after: cx.now.saturating_duration_since(self.called),
        });
    }

    fn filler_at(&self) -> Option<Instant> {
        self.rule.fillers.get(self.fillers)?;
        let nth = u32::try_from(self.fillers)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let after = self.rule.filler_after.checked_mul(nth)?;
        self.called.checked_add(after)
    }
}
