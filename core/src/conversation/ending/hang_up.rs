//! A call that the agent ends: it says goodbye, is heard to the end, and only then leaves.
//!
//! Normally the goodbye waits until nobody speaks. When the worker ends there is no time for that:
//! what is being said is broken off, and the caller can no longer interrupt.

use std::time::Duration;

use crate::conversation::context::Timer;
use crate::conversation::{
    Action, AgentCommand, Conversation, Dismiss, Fact, Limit, Outcome, ParticipantKind,
    voice_session,
};
use crate::ids::ToolCallId;
use crate::secret::Private;

/// How long a goodbye may take, with what was being said before it.
pub(crate) const LEAVE_WITHIN: Duration = Duration::from_secs(30);

/// The same when the worker ends.
pub(crate) const GOODBYE_WITHIN: Duration = Duration::from_secs(10);

/// From [`Event::SayGoodbye`](crate::conversation::Event::SayGoodbye) to [`Action::Finish`], at most.
pub const ENDS_WITHIN: Duration = GOODBYE_WITHIN
    .saturating_add(HEARD_WITHIN)
    .saturating_add(voice_session::END_WITHIN);

/// How long the API may take to break off what it says before it is asked for the goodbye anyway.
pub(crate) const MAKES_WAY_WITHIN: Duration = Duration::from_secs(1);

/// How long the last words are on their way to the caller's ear: network and jitter buffer.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// What the model is told that has ended the call without a word.
const SAY_GOODBYE: &str = r#"{"ok":true,"note":"The call ends after your next words. Say goodbye in one short sentence."}"#;

/// The agent is about to leave.
#[derive(Debug)]
pub(crate) struct HangUp {
    outcome: Outcome,
    /// So many replies must have been started.
    replies: u32,
    /// The call of the tool that ends the call, until it is known whether the reply that made
    /// it was the goodbye.
    call: Option<ToolCallId>,
    /// The goodbye is over here; its end is still to be heard.
    is_said: bool,
    /// The worker ends: nothing but the goodbye is said any more.
    is_urgent: bool,
}

impl Conversation {
    /// The agent ends the call by the tool for it.
    pub(crate) fn hang_up_by_tool(&mut self, call: ToolCallId) {
        if self.hang_up.is_some() {
            return;
        }
        self.leave_with(Outcome::AgentHungUp, Some(call));
    }

    /// The call has reached a limit, unless it ends anyway.
    pub(crate) fn limit_reached(&mut self, limit: Limit) {
        if self.hang_up.is_some() || !self.is_live() {
            return;
        }
        self.cx.observe(Fact::LimitReached(limit));
        self.leave_with(Outcome::Limit(limit), None);
        self.say_goodbye();
    }

    /// [`Event::SayGoodbye`](crate::conversation::Event::SayGoodbye): the worker ends.
    pub(crate) fn drained(&mut self) {
        if !self.is_live() {
            return;
        }
        if !self.link.is_ready() {
            // Nobody can say anything; another worker may still take the caller.
            return self.end(Outcome::Shutdown);
        }
        if !self.callers.is_linked() {
            return self.end(Outcome::CallerLeft);
        }
        match &mut self.hang_up {
            Some(hang_up) if hang_up.is_said || hang_up.is_urgent => return,
            Some(hang_up) => hang_up.is_urgent = self.requests.is_waiting(),
            None => {
                self.leave_with(Outcome::Drained, None);
                self.say_goodbye();
                if let Some(hang_up) = &mut self.hang_up {
                    hang_up.is_urgent = true;
                }
            }
        }
        self.cx.within(Timer::Leave, GOODBYE_WITHIN);
        if !self.is_saying_last_words() {
            // The goodbye is being said already.
            return;
        }
        self.cx.stop(Timer::Owed);
        self.turn.last_words();
        if self.must_make_way() {
            self.cx.within(Timer::Goodbye, MAKES_WAY_WITHIN);
        }
    }

    /// Breaks off what keeps the agent from saying goodbye when the worker ends.
    pub(crate) fn make_way(&mut self) {
        if self.must_make_way()
            && let Some(reply) = self.turn.break_off(&mut self.cx)
        {
            self.cx.send(AgentCommand::CancelReply(reply));
        }
    }

    /// Whether nothing but the goodbye is said any more.
    pub(crate) fn is_saying_last_words(&self) -> bool {
        self.hang_up.as_ref().is_some_and(|it| it.is_urgent)
    }

    /// [`Timer::Goodbye`]: what is said does not end, so the goodbye is asked for beside it.
    pub(crate) fn ask_for_last_words(&mut self) {
        if self.must_make_way() && self.requests.ask(&mut self.cx) {
            self.turn.await_reply(&mut self.cx);
            self.await_goodbye();
        }
    }

    /// Whether the goodbye is urgent and not asked for yet.
    fn must_make_way(&self) -> bool {
        self.is_saying_last_words() && self.requests.is_waiting()
    }

    /// Asks for a goodbye once the reply that ended the call is over, unless it was one.
    pub(crate) fn ask_for_goodbye(&mut self) {
        let is_free = self.turn.is_free();
        let hang_up = self.hang_up.as_mut();
        if let Some(call) = hang_up.and_then(|it| it.call.take_if(|_| is_free)) {
            let has_spoken = self.turn.has_spoken();
            self.answer_hang_up(&call, has_spoken);
        }
    }

    /// Ends the call soon if the goodbye was said, and at once if there is nobody to say it.
    pub(crate) fn leave_if_done(&mut self) {
        let Some(hang_up) = &mut self.hang_up else {
            return;
        };
        if !self.link.is_ready() {
            let outcome = hang_up.outcome.clone();
            self.end(outcome);
            return;
        }
        let has_goodbye = self.turn.replies() >= hang_up.replies && hang_up.call.is_none();
        let is_over = has_goodbye && self.turn.is_idle() && !self.requests.is_waiting();
        if is_over && !hang_up.is_said {
            hang_up.is_said = true;
            self.cx.within(Timer::Leave, HEARD_WITHIN);
        }
    }

    /// [`Timer::Leave`].
    pub(crate) fn left_long_enough(&mut self) {
        if let Some(hang_up) = self.hang_up.take() {
            self.end(hang_up.outcome);
        }
    }

    /// Takes those who are heard out of the room, if callers like that are.
    pub(crate) fn dismiss_callers(&mut self) {
        let linked = self.callers.linked();
        for caller in linked.into_iter().chain(self.speakers.others()) {
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

    fn leave_with(&mut self, outcome: Outcome, call: Option<ToolCallId>) {
        self.cx.stop(Timer::Idle);
        self.cx.within(Timer::Leave, LEAVE_WITHIN);
        self.requests.clear();
        self.hang_up = Some(HangUp {
            outcome,
            replies: 0,
            call,
            is_said: false,
            is_urgent: false,
        });
    }

    /// The reply that ended the call is over; unless it said something, another one says goodbye.
    fn answer_hang_up(&mut self, call: &ToolCallId, has_spoken: bool) {
        let goodbye = self.session_sync.profile().lines.goodbye.clone();
        let result = match goodbye {
            _ if has_spoken => return,
            Some(line) => ends_with(&line),
            None => SAY_GOODBYE.to_owned().into(),
        };
        self.tools.done(&mut self.cx, call, result, false);
        self.await_goodbye();
    }

    fn say_goodbye(&mut self) {
        if let Some(line) = &self.session_sync.profile().lines.goodbye {
            self.requests.say(line);
            self.await_goodbye();
        }
    }

    pub(crate) fn await_goodbye(&mut self) {
        let replies = self.turn.replies() + 1;
        if let Some(hang_up) = &mut self.hang_up {
            hang_up.replies = replies;
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
