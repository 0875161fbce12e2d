//! Calls of tools: which are carried out, and when their answers are told.
//!
//! ```text
//! tool.call ─▶ refused ──────────────▶ Ready ─▶ tool.result
//!           └▶ Running ─▶ answer, or ─▶ Ready ─┘
//!                         out of time
//! ```
//!
//! The answers of one reply are told together, once `reply.done` is the latest of
//! `reply.started`, `input.speech.started` and `reply.done`: earlier they would cut into the reply
//! that called, later into the next turn. What a caller interrupts is not answered, unless the tool
//! survives that. An answer that waits while nothing happens is told late rather than never.

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

/// How long an answer waits for its turn while nothing happens.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Calls that may be open at once; what comes after is refused.
pub(super) const MOST_OPEN: usize = 32;

/// Calls that may wait for an answer, refused ones included; what comes after is dropped.
pub(super) const MOST_WAITING: usize = 128;

/// Calls that are over and whose names are known.
const PAST: usize = 64;

/// The tool calls of a call.
#[derive(Debug, Default)]
pub(super) struct Tools {
    rules: Vec<ToolRule>,
    /// Tools that run at the server.
    server: Vec<String>,
    guard: CallLimiter,
    open: Vec<PendingCall>,
    cancelled: VecDeque<ToolCallId>,
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

/// What to say to a caller who waits for a call of a tool.
#[derive(Debug)]
pub(super) struct Filler {
    pub(super) call: ToolCallId,
    pub(super) line: Private<String>,
}

/// What a call of a tool asks of the conversation itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CallControl {
    /// Nothing.
    Nothing,
    /// To end the call.
    EndCall(ToolCallId),
    /// To go on in the phase that the arguments name.
    SetState(ToolCallId, Private<String>),
    /// To end the call, because this was one too many.
    TooMany,
}

impl Tools {
    /// What tools there are from now on.
    pub(super) fn set_rules(&mut self, rules: &[ToolRule], limits: &Limits) {
        self.rules = rules.to_vec();
        self.guard.limits = limits.clone();
    }

    /// `session.ready` names the tools that are not ours to answer.
    pub(super) fn set_server_tools(&mut self, names: Vec<String>) {
        self.server = names;
    }

    /// Calls so far, those of another process before this one included.
    pub(super) fn calls(&self) -> u32 {
        self.guard.calls
    }

    /// Another process has seen so many calls.
    pub(super) fn set_calls(&mut self, calls: u32) {
        self.guard.calls = calls;
    }

    /// `tool.call` of the reply with this number.
    pub(super) fn called(&mut self, cx: &mut Context, reply: u32, called: Call) -> CallControl {
        let Call {
            call,
            name,
            arguments,
        } = called;
        let why = if self.server.contains(&name) {
            Some(ToolDropped::AtServer)
        } else if self.cancelled.contains(&call) || self.find(&call).is_some() {
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
            ToolKind::Edge => {
                self.run(cx, &call, arguments);
                CallControl::Nothing
            }
        }
    }

    /// A tool gave its answer; its name, if somebody waits for that.
    pub(super) fn done(
        &mut self,
        cx: &mut Context,
        call: &ToolCallId,
        result: Private<String>,
        is_error: bool,
    ) -> Option<String> {
        let open = self.open.iter_mut().find(|open| open.call == *call);
        // An answer that comes after its time, or of a call that nobody waits for.
        let open = open.filter(|open| open.is_running())?;
        open.state = State::Ready { result, is_error };
        let name = open.name.clone();
        cx.within(Timer::ToolResult, ANSWER_WITHIN);
        self.set_timer(cx);
        Some(name)
    }

    /// Tells the answers whose turn it is; whether there was one.
    pub(super) fn answer(&mut self, cx: &mut Context, reply_is_open: bool) -> bool {
        let is_free = !reply_is_open && !self.caller_speaks;
        self.tell(cx, |open, all| {
            open.rule.immediate || is_free && !all.contains(&open.reply)
        })
    }

    /// [`Timer::ToolResult`]: nothing has happened for too long; tells what there is.
    pub(super) fn answer_late(&mut self, cx: &mut Context) -> bool {
        self.caller_speaks = false;
        self.tell(cx, |_, _| true)
    }

    /// [`Timer::ToolDue`]: ends what has taken too long; gives what to say to a caller who waits.
    pub(super) fn due(&mut self, cx: &mut Context) -> Option<Filler> {
        let late = |open: &&PendingCall| open.is_at_edge() && open.until <= cx.now;
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

    /// `reply.done` of a reply that nobody interrupted.
    pub(super) fn reply_done(&mut self, cx: &mut Context) {
        self.caller_speaks = false;
        self.progress(cx);
    }

    /// Something happened: answers that wait go on waiting.
    pub(super) fn progress(&self, cx: &mut Context) {
        if cx.timers.is_set(Timer::ToolResult) {
            self.wait_on(cx);
        }
    }

    /// There is nobody to be answered: answers go on waiting.
    pub(super) fn wait_on(&self, cx: &mut Context) {
        cx.within(Timer::ToolResult, ANSWER_WITHIN);
    }

    /// The reply with this number was interrupted.
    pub(super) fn interrupted(&mut self, cx: &mut Context, reply: u32) {
        self.drop_those(cx, ToolDropped::Interrupted, |open| {
            open.reply == reply && !open.rule.survives_interruption
        });
    }

    /// The session that called is gone for good.
    pub(super) fn session_lost(&mut self, cx: &mut Context) {
        self.drop_those(cx, ToolDropped::SessionLost, |_| true);
    }

    /// The session is lost; if it comes back, calls are answered there.
    pub(super) fn link_lost(&mut self) {
        self.caller_speaks = false;
    }

    /// The call is over.
    pub(super) fn hang_up(&mut self, cx: &mut Context) {
        self.drop_those(cx, ToolDropped::HungUp, |_| true);
    }

    /// Whether a call is not answered yet.
    pub(super) fn is_busy(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether a call that is not answered yet keeps the agent silent.
    pub(super) fn holds(&self) -> bool {
        self.open.iter().any(|open| open.rule.holds)
    }

    /// Whether an answer to this call is still to come.
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

    /// Tells the ready answers that `may` be told, given the replies that have a call running.
    fn tell(&mut self, cx: &mut Context, may: impl Fn(&PendingCall, &[u32]) -> bool) -> bool {
        let running = self.open.iter().filter(|open| open.is_running());
        let running: Vec<_> = running.map(|open| open.reply).collect();
        let tellable = |open: &mut PendingCall| !open.is_running() && may(open, &running);
        let told: Vec<_> = self.open.extract_if(.., tellable).collect();
        let has_told = !told.is_empty();
        for open in told {
            self.bury(open.call.clone());
            open.tell(cx);
        }
        if self.open.iter().all(PendingCall::is_running) {
            cx.stop(Timer::ToolResult);
        }
        has_told
    }

    fn drop_those(
        &mut self,
        cx: &mut Context,
        why: ToolDropped,
        which: impl Fn(&PendingCall) -> bool,
    ) {
        let dropped: Vec<_> = self.open.extract_if(.., |open| which(open)).collect();
        for open in dropped {
            self.bury(open.call.clone());
            if open.is_at_edge() {
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

    fn bury(&mut self, call: ToolCallId) {
        if self.cancelled.len() == PAST {
            self.cancelled.pop_front();
        }
        self.cancelled.push_back(call);
    }
}
