//! Tool calls: which ones are run, and when their results are sent.
//!
//! ```text
//! tool.call ─┬▶ refused ──────────────────────┬▶ Ready ─▶ tool.result
//!            └▶ Running ─▶ result or timeout ─┘
//! ```
//!
//! The results of one reply are sent together, once `reply.done` is the latest of `reply.started`,
//! `input.speech.started` and `reply.done`. Sent earlier, they would cut into the reply that made
//! the calls, and later into the next turn. Calls of an interrupted reply get no result, unless the
//! tool survives interruptions. A result that has waited for [`ANSWER_WITHIN`] while nothing
//! happens is sent anyway.

pub(crate) mod pending;
pub(crate) mod refusal;

use std::collections::VecDeque;
use std::time::Duration;

use super::context::{Context, Timer};
use super::{Action, Fact, Limits, ToolDropped, ToolKind, ToolRule};
use crate::ids::ToolCallId;
use crate::secret::Private;

use pending::{PendingCall, State};
use refusal::CallLimiter;

pub(super) use refusal::TOO_LONG;
#[cfg(test)]
pub(super) use refusal::UNKNOWN_TOOL;

/// How long a result may wait while nothing happens before it is sent anyway.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Maximum pending tool calls; further ones are refused.
pub(super) const MOST_OPEN: usize = 32;

/// Maximum unanswered tool calls, including refused ones; further ones are dropped.
pub(super) const MOST_WAITING: usize = 128;

/// Number of finished tool calls whose IDs are remembered.
const PAST: usize = 64;

/// The tool calls of a call.
#[derive(Debug, Default)]
pub(super) struct Tools {
    rules: Vec<ToolRule>,
    /// Names of tools that the server runs.
    server: Vec<String>,
    guard: CallLimiter,
    open: Vec<PendingCall>,
    finished: VecDeque<ToolCallId>,
    /// `input.speech.started` came after the last `reply.done`.
    caller_speaks: bool,
}

/// `tool.call`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) call: ToolCallId,
    pub(super) name: String,
    pub(super) arguments: Private<String>,
}

/// Line for a caller who is waiting for a tool.
#[derive(Debug)]
pub(super) struct Filler {
    pub(super) call: ToolCallId,
    pub(super) line: Private<String>,
}

/// What the conversation itself must do about a tool call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CallControl {
    /// Nothing.
    Nothing,
    /// End the call.
    EndCall(ToolCallId),
    /// Enter the phase named by the arguments.
    SetState(ToolCallId, Private<String>),
    /// End the call, because the limit of tool calls was exceeded.
    TooMany,
}

impl Tools {
    /// Sets the tools and limits.
    pub(super) fn set_rules(&mut self, rules: &[ToolRule], limits: &Limits) {
        self.rules = rules.to_vec();
        self.guard.limits = limits.clone();
    }

    /// Sets the names of the tools that the server runs, from `session.ready`.
    pub(super) fn set_server_tools(&mut self, names: Vec<String>) {
        self.server = names;
    }

    /// Number of tool calls so far, including those of an earlier process.
    pub(super) fn calls(&self) -> u32 {
        self.guard.calls
    }

    /// Sets the number of tool calls that an earlier process has counted.
    pub(super) fn set_calls(&mut self, calls: u32) {
        self.guard.calls = calls;
    }

    /// Handles `tool.call` from the reply with the number `reply`.
    pub(super) fn called(&mut self, cx: &mut Context, reply: u32, called: Call) -> CallControl {
        let Call {
            call,
            name,
            arguments,
        } = called;
        let why = if self.server.contains(&name) {
            Some(ToolDropped::AtServer)
        } else if self.finished.contains(&call) || self.find(&call).is_some() {
            Some(ToolDropped::Twice)
        } else if self.open.len() >= MOST_WAITING {
            Some(ToolDropped::TooMany)
        } else {
            None
        };
        if let Some(why) = why {
            cx.observe(Fact::ToolDropped { call, name, why });
            return CallControl::Nothing;
        }
        cx.observe(Fact::ToolCalled {
            call: call.clone(),
            name: name.clone(),
            arguments: arguments.clone(),
        });
        let rule = self.rules.iter().find(|rule| rule.name == name);
        let refusal = self.guard.refuses(reply, &name, &arguments, rule.is_some());
        let is_full = self.open.len() >= MOST_OPEN;
        let rule = rule.cloned().unwrap_or_default();
        let open = PendingCall::new(cx.now, call.clone(), name, reply, rule);
        let kind = open.rule.kind;
        self.open.push(open);
        if is_full || refusal.is_some() {
            let why = refusal.as_ref().map_or(refusal::TOO_MANY, |it| it.text);
            self.done(cx, &call, why.to_owned().into(), true);
            return match refusal {
                Some(refusal) if refusal.is_last => CallControl::TooMany,
                _ => CallControl::Nothing,
            };
        }
        match kind {
            ToolKind::EndCall => CallControl::EndCall(call),
            ToolKind::SetState => CallControl::SetState(call, arguments),
            ToolKind::External => {
                self.run(cx, &call, arguments);
                CallControl::Nothing
            }
        }
    }

    /// Records the result of a tool. Returns the tool's name if the result is still wanted.
    pub(super) fn done(
        &mut self,
        cx: &mut Context,
        call: &ToolCallId,
        result: Private<String>,
        is_error: bool,
    ) -> Option<String> {
        let open = self.open.iter_mut().find(|open| open.call == *call);
        // Ignore results that come too late or of unknown calls.
        let open = open.filter(|open| open.is_running())?;
        open.state = State::Ready { result, is_error };
        let name = open.name.clone();
        cx.within(Timer::ToolResult, ANSWER_WITHIN);
        self.set_timer(cx);
        Some(name)
    }

    /// Sends the results that are due. Returns whether there were any.
    pub(super) fn answer(&mut self, cx: &mut Context, reply_is_open: bool) -> bool {
        let is_free = !reply_is_open && !self.caller_speaks;
        self.send_results(cx, |open, all| {
            open.rule.immediate || is_free && !all.contains(&open.reply)
        })
    }

    /// [`Timer::ToolResult`]: sends all results, because nothing has happened for too long.
    pub(super) fn answer_late(&mut self, cx: &mut Context) -> bool {
        self.caller_speaks = false;
        self.send_results(cx, |_, _| true)
    }

    /// [`Timer::ToolDue`]: cancels calls that timed out. Returns a filler if one is due.
    pub(super) fn due(&mut self, cx: &mut Context) -> Option<Filler> {
        let late = |open: &&PendingCall| open.is_running_externally() && open.until <= cx.now;
        let late: Vec<_> = self
            .open
            .iter()
            .filter(late)
            .map(|it| it.call.clone())
            .collect();
        for call in late {
            cx.act(Action::CancelTool(call.clone()));
            self.done(cx, &call, TOO_LONG.to_owned().into(), true);
        }
        let filler = self
            .open
            .iter_mut()
            .find_map(|open| open.take_filler(cx.now));
        self.set_timer(cx);
        filler
    }

    /// `input.speech.started`.
    pub(super) fn caller_speaks(&mut self, cx: &mut Context) {
        self.caller_speaks = true;
        self.guard.forgive();
        self.progress(cx);
    }

    /// `reply.done` of a reply that was not interrupted.
    pub(super) fn reply_done(&mut self, cx: &mut Context) {
        self.caller_speaks = false;
        self.progress(cx);
    }

    /// Something happened: waiting results wait again.
    pub(super) fn progress(&self, cx: &mut Context) {
        if cx.timers.is_set(Timer::ToolResult) {
            self.wait_on(cx);
        }
    }

    /// Restarts the wait for the results.
    pub(super) fn wait_on(&self, cx: &mut Context) {
        cx.within(Timer::ToolResult, ANSWER_WITHIN);
    }

    /// The reply with the number `reply` was interrupted.
    pub(super) fn interrupted(&mut self, cx: &mut Context, reply: u32) {
        self.drop_those(cx, ToolDropped::Interrupted, |open| {
            open.reply == reply && !open.rule.survives_interruption
        });
    }

    /// The session that made the calls is gone for good.
    pub(super) fn session_lost(&mut self, cx: &mut Context) {
        self.drop_those(cx, ToolDropped::SessionLost, |_| true);
    }

    /// The session is lost. If it is resumed, its calls are answered there.
    pub(super) fn connection_lost(&mut self) {
        self.caller_speaks = false;
    }

    /// The call is over.
    pub(super) fn hang_up(&mut self, cx: &mut Context) {
        self.drop_those(cx, ToolDropped::HungUp, |_| true);
    }

    /// Whether any call is unanswered.
    pub(super) fn is_busy(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether an unanswered call keeps the agent silent.
    pub(super) fn holds(&self) -> bool {
        self.open.iter().any(|open| open.rule.holds)
    }

    /// Whether this call is still running.
    pub(super) fn is_running(&self, call: &ToolCallId) -> bool {
        self.find(call).is_some_and(PendingCall::is_running)
    }

    /// Whether the caller has spoken since the last reply.
    pub(super) fn has_caller_spoken(&self) -> bool {
        self.caller_speaks
    }

    fn run(&self, cx: &mut Context, call: &ToolCallId, arguments: Private<String>) {
        let Some(open) = self.find(call) else {
            return;
        };
        cx.act(Action::RunTool {
            call: call.clone(),
            name: open.name.clone(),
            arguments,
            within: open.rule.within,
        });
        self.set_timer(cx);
    }

    /// Sends the finished results that `may` accepts. It is given the replies that have running
    /// calls.
    fn send_results(
        &mut self,
        cx: &mut Context,
        may: impl Fn(&PendingCall, &[u32]) -> bool,
    ) -> bool {
        let running = self.open.iter().filter(|open| open.is_running());
        let running: Vec<_> = running.map(|open| open.reply).collect();
        let is_sendable = |open: &mut PendingCall| !open.is_running() && may(open, &running);
        let sent: Vec<_> = self.open.extract_if(.., is_sendable).collect();
        let has_sent = !sent.is_empty();
        for open in sent {
            self.remember(open.call.clone());
            open.send_result(cx);
        }
        if self.open.iter().all(PendingCall::is_running) {
            cx.stop(Timer::ToolResult);
        }
        has_sent
    }

    fn drop_those(
        &mut self,
        cx: &mut Context,
        why: ToolDropped,
        which: impl Fn(&PendingCall) -> bool,
    ) {
        let dropped: Vec<_> = self.open.extract_if(.., |open| which(open)).collect();
        for open in dropped {
            self.remember(open.call.clone());
            if open.is_running_externally() {
                cx.act(Action::CancelTool(open.call.clone()));
            }
            let (call, name) = (open.call, open.name);
            cx.observe(Fact::ToolDropped { call, name, why });
        }
        if self.open.iter().all(PendingCall::is_running) {
            cx.stop(Timer::ToolResult);
        }
        self.set_timer(cx);
    }

    fn set_timer(&self, cx: &mut Context) {
        let due = self.open.iter().filter_map(PendingCall::due).min();
        cx.at(Timer::ToolDue, due);
    }

    fn find(&self, call: &ToolCallId) -> Option<&PendingCall> {
        self.open.iter().find(|open| open.call == *call)
    }

    fn remember(&mut self, call: ToolCallId) {
        if self.finished.len() == PAST {
            self.finished.pop_front();
        }
        self.finished.push_back(call);
    }
}
