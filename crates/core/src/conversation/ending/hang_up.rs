//! Calls that the agent ends: it says goodbye, waits until that has been heard, and leaves.
//!
//! Normally the goodbye waits until nobody is speaking. When the worker shuts down there is no time
//! for that: the current reply is stopped, and the caller cannot interrupt the goodbye.

use std::time::Duration;

use crate::conversation::context::Timer;
use crate::conversation::{
    Action, AgentCommand, Conversation, Dismiss, Fact, Limit, Outcome, ParticipantKind,
    voice_session,
};
use crate::ids::ToolCallId;
use crate::secret::Private;

/// Timeout for the goodbye, including what is being said before it.
pub(crate) const LEAVE_WITHIN: Duration = Duration::from_secs(30);

/// Timeout for the goodbye when the worker is shutting down.
pub(crate) const GOODBYE_WITHIN: Duration = Duration::from_secs(10);

/// Maximum time from [`Event::SayGoodbye`](crate::conversation::Event::SayGoodbye) to
/// [`Action::Finish`].
pub const ENDS_WITHIN: Duration = GOODBYE_WITHIN
    .saturating_add(HEARD_WITHIN)
    .saturating_add(voice_session::END_WITHIN);

/// How long the API may take to stop the current reply before the goodbye is requested anyway.
pub(crate) const MAKES_WAY_WITHIN: Duration = Duration::from_secs(1);

/// Time for the last words to reach the caller, through the network and the jitter buffer.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// Result of the tool that ends the call, if the model has not spoken.
const SAY_GOODBYE: &str = r#"{"ok":true,"note":"The call ends after your next words. Say goodbye in one short sentence."}"#;

/// The agent is about to leave.
#[derive(Debug)]
pub(crate) struct HangUp {
    outcome: Outcome,
    /// Number of replies that must have started.
    replies: u32,
    /// ID of the tool call that ends the call, until it is known whether its reply was the goodbye.
    call: Option<ToolCallId>,
    /// The goodbye has been played; its end is still on the way to the caller.
    is_said: bool,
    /// The worker is shutting down: only the goodbye is said.
    is_urgent: bool,
}

impl Conversation {
    /// Ends the call because the model called the tool for it.
    pub(crate) fn hang_up_by_tool(&mut self, call: ToolCallId) {
        if self.hang_up.is_some() {
            return;
        }
        self.leave_with(Outcome::AgentHungUp, Some(call));
    }

    /// Ends the call because it reached a limit, unless it is ending already.
    pub(crate) fn limit_reached(&mut self, limit: Limit) {
        if self.hang_up.is_some() || !self.is_live() {
            return;
        }
        self.cx.observe(Fact::LimitReached(limit));
        self.leave_with(Outcome::Limit(limit), None);
        self.say_goodbye();
    }

    /// [`Event::SayGoodbye`](crate::conversation::Event::SayGoodbye): the worker is shutting down.
    pub(crate) fn drained(&mut self) {
        if !self.is_live() {
            return;
        }
        if !self.voice_session.is_ready() {
            // The agent cannot speak; another worker may still take over the caller.
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
            // The goodbye is already being said.
            return;
        }
        self.cx.stop(Timer::Owed);
        self.turn.last_words();
        if self.must_make_way() {
            self.cx.within(Timer::Goodbye, MAKES_WAY_WITHIN);
        }
    }

    /// Stops the reply that blocks an urgent goodbye.
    pub(crate) fn make_way(&mut self) {
        if self.must_make_way()
            && let Some(reply) = self.turn.cancel_reply(&mut self.cx)
        {
            self.cx.send(AgentCommand::CancelReply(reply));
        }
    }

    /// Whether only the goodbye is said from now on.
    pub(crate) fn is_saying_last_words(&self) -> bool {
        self.hang_up.as_ref().is_some_and(|it| it.is_urgent)
    }

    /// [`Timer::Goodbye`]: the current reply does not end, so the goodbye is requested during it.
    pub(crate) fn ask_for_last_words(&mut self) {
        if self.must_make_way() && self.requests.ask(&mut self.cx) {
            self.turn.await_reply(&mut self.cx);
            self.await_goodbye();
        }
    }

    /// Whether an urgent goodbye has not been requested yet.
    fn must_make_way(&self) -> bool {
        self.is_saying_last_words() && self.requests.is_waiting()
    }

    /// Requests a goodbye once the reply that ended the call is over, unless that reply was one.
    pub(crate) fn ask_for_goodbye(&mut self) {
        let is_free = self.turn.is_free();
        let hang_up = self.hang_up.as_mut();
        if let Some(call) = hang_up.and_then(|it| it.call.take_if(|_| is_free)) {
            let has_spoken = self.turn.has_spoken();
            self.answer_hang_up(&call, has_spoken);
        }
    }

    /// Ends the call shortly after the goodbye, or at once if there is no session to say it.
    pub(crate) fn leave_if_done(&mut self) {
        let Some(hang_up) = &mut self.hang_up else {
            return;
        };
        if !self.voice_session.is_ready() {
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

    /// [`Timer::Leave`]: ends the call.
    pub(crate) fn left_long_enough(&mut self) {
        if let Some(hang_up) = self.hang_up.take() {
            self.end(hang_up.outcome);
        }
    }

    /// Removes the callers who are heard from the room, according to the setting `dismiss`.
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

    /// The reply that ended the call is over. If it had no words, requests another one as goodbye.
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
