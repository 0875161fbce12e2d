//! A call that the agent ends: it says goodbye, is heard to the end, and only then leaves.

use std::time::Duration;

use super::context::Timer;
use super::{Action, Conversation, Dismiss, Fact, Limit, Outcome, ParticipantKind};
use crate::ids::CallId;
use crate::private::Private;

/// How long a goodbye may take, with what was being said before it.
pub(super) const LEAVE_WITHIN: Duration = Duration::from_secs(30);

/// How long the last words are on their way to the caller's ear: network and jitter buffer.
pub(super) const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// What the model is told that has ended the call without a word.
const SAY_GOODBYE: &str = r#"{"ok":true,"note":"The call ends after your next words. Say goodbye in one short sentence."}"#;

/// The agent is about to leave.
#[derive(Debug)]
pub(super) struct Leaving {
    outcome: Outcome,
    /// So many replies must have been started.
    replies: u32,
    /// The call of the tool that ends the call, until it is known whether the reply that made
    /// it was the goodbye.
    call: Option<CallId>,
    /// The goodbye is over here; its end is still to be heard.
    is_said: bool,
}

impl Conversation {
    /// The agent ends the call by the tool for it.
    pub(super) fn hang_up_by_tool(&mut self, call: CallId) {
        if self.leaving.is_some() {
            return;
        }
        self.leave_with(Outcome::AgentHungUp, Some(call));
    }

    /// The call has reached a limit, unless it ends anyway.
    pub(super) fn limit_reached(&mut self, limit: Limit) {
        if self.leaving.is_some() || !self.is_live() {
            return;
        }
        self.cx.observe(Fact::LimitReached(limit));
        self.leave_with(Outcome::Limit(limit), None);
        self.say_goodbye();
    }

    /// Asks for a goodbye once the reply that ended the call is over, unless it was one.
    pub(super) fn ask_for_goodbye(&mut self) {
        let is_free = self.turn.is_free();
        let leaving = self.leaving.as_mut();
        if let Some(call) = leaving.and_then(|it| it.call.take_if(|_| is_free)) {
            let has_spoken = self.turn.has_spoken();
            self.answer_hang_up(&call, has_spoken);
        }
    }

    /// Ends the call soon if the goodbye was said, and at once if there is nobody to say it.
    pub(super) fn leave_if_done(&mut self) {
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        if !self.link.is_ready() {
            let outcome = leaving.outcome.clone();
            self.end(outcome);
            return;
        }
        let has_goodbye = self.turn.replies() >= leaving.replies && leaving.call.is_none();
        let is_over = has_goodbye && self.turn.is_idle() && !self.requests.is_waiting();
        if is_over && !leaving.is_said {
            leaving.is_said = true;
            self.cx.within(Timer::Leave, HEARD_WITHIN);
        }
    }

    /// [`Timer::Leave`].
    pub(super) fn left_long_enough(&mut self) {
        if let Some(leaving) = self.leaving.take() {
            self.end(leaving.outcome);
        }
    }

    /// Takes those who are heard out of the room, if callers like that are.
    pub(super) fn dismiss_callers(&mut self) {
        let linked = self.callers.linked();
        for caller in linked.into_iter().chain(self.hearing.others()) {
            let kind = self.callers.find(caller);
            let is_meant = match self.dismiss {
                Dismiss::Telephones => kind == Some(ParticipantKind::Sip),
                Dismiss::Everybody => kind.is_some(),
                Dismiss::Nobody | Dismiss::Room => false,
            };
            if is_meant {
                self.cx.act(Action::Dismiss(caller.clone()));
            }
        }
    }

    fn leave_with(&mut self, outcome: Outcome, call: Option<CallId>) {
        self.cx.stop(Timer::Idle);
        self.cx.within(Timer::Leave, LEAVE_WITHIN);
        self.requests.clear();
        self.leaving = Some(Leaving {
            outcome,
            replies: 0,
            call,
            is_said: false,
        });
    }

    /// The reply that ended the call is over; unless it said something, another one says goodbye.
    fn answer_hang_up(&mut self, call: &CallId, has_spoken: bool) {
        let goodbye = self.persona.brief().lines.goodbye.clone();
        let result = match goodbye {
            _ if has_spoken => return,
            Some(line) => ends_with(&line),
            None => SAY_GOODBYE.to_owned().into(),
        };
        self.tools.done(&mut self.cx, call, result, false);
        self.await_goodbye();
    }

    fn say_goodbye(&mut self) {
        if let Some(line) = &self.persona.brief().lines.goodbye {
            self.requests.say(line);
            self.await_goodbye();
        }
    }

    fn await_goodbye(&mut self) {
        let replies = self.turn.replies() + 1;
        if let Some(leaving) = &mut self.leaving {
            leaving.replies = replies;
        }
    }
}

fn ends_with(line: &Private<String>) -> Private<String> {
    let note = format!(
        "The call ends after your next words. Say exactly this: {}",
        line.reveal()
    );
    serde_json::json!({ "ok": true, "note": note })
        .to_string()
        .into()
}
