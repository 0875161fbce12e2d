//! What breaks the link, and whether that ends the call.

use std::time::{Duration, Instant};

use super::super::context::{Context, Timer};
use super::super::recovery::Recovery;
use super::super::{Action, AgentError, Fact, Loss, Outcome};
use super::{LAST_WORDS, Link, Stage};

impl Link {
    /// `session.error`; before the first session is ready it ends the call, unless the service is
    /// only busy.
    pub(in crate::conversation) fn error(
        &mut self,
        cx: &mut Context,
        error: AgentError,
    ) -> Option<Outcome> {
        if matches!(self.stage, Stage::Ready | Stage::Ending) {
            self.last_error = Some((cx.now, error.clone()));
            cx.observe(Fact::AgentError(error));
            return None;
        }
        if self.recovery.is_none() && is_busy(&error) {
            self.recovery = Some(Recovery::of_a_busy_service(cx.now));
        }
        let recovery = self.recovery.as_mut();
        if !recovery.is_some_and(|it| it.give_up_session(cx.now) || is_passing(&error)) {
            return Some(Outcome::AgentRejected(error));
        }
        cx.act(Action::CloseAgent);
        cx.observe(Fact::AgentError(error.clone()));
        let outcome = self.try_again(cx, Loss::Broken(error.code.clone()));
        outcome.map(|_| Outcome::AgentRejected(error))
    }

    /// The socket is gone; how that ends the call, if it does.
    pub(in crate::conversation) fn lost(
        &mut self,
        cx: &mut Context,
        loss: Loss,
    ) -> Option<Outcome> {
        let last_words = self.last_words(cx.now);
        let code = last_words.as_ref().map(|error| error.code.as_str());
        let is_final = match self.stage {
            Stage::Idle | Stage::Waiting | Stage::Closed => return None,
            Stage::Ready => matches!(code, Some("unauthorized" | "forbidden")),
            Stage::Ended | Stage::Ending => true,
            Stage::Connecting | Stage::Open | Stage::Configuring => match &mut self.recovery {
                Some(recovery) if is_refused(&loss) => !recovery.give_up_session(cx.now),
                recovery => recovery.is_none(),
            },
        };
        if is_final {
            self.close(cx);
            return Some(match last_words {
                Some(error) => Outcome::AgentRejected(error),
                None => Outcome::AgentLost(loss),
            });
        }
        if self.stage == Stage::Ready {
            let is_gone = code.is_some_and(|code| code.starts_with("session_"));
            let resuming = self.resumable.is_some() && !is_gone;
            self.recovery = Some(Recovery::new(cx.now, resuming));
            cx.observe(Fact::AgentLost(loss.clone()));
        }
        self.try_again(cx, loss)
    }

    /// Nothing came of the socket in time, or it takes nothing; how that ends the call.
    pub(in crate::conversation) fn stuck(
        &mut self,
        cx: &mut Context,
        otherwise: Outcome,
    ) -> Option<Outcome> {
        if self.stage != Stage::Ready && self.recovery.is_none() {
            return Some(otherwise);
        }
        cx.act(Action::CloseAgent);
        let outcome = self.lost(cx, Loss::Broken(otherwise.name().to_owned()));
        outcome.map(|_| otherwise)
    }

    /// Waits for the next try; `loss` ends the call when there is none.
    pub(super) fn try_again(&mut self, cx: &mut Context, loss: Loss) -> Option<Outcome> {
        self.stop_timers(cx);
        self.stage = Stage::Waiting;
        match self.recovery.as_mut().and_then(|it| it.next(cx.now)) {
            Some(Duration::ZERO) => self.open(cx),
            Some(delay) => cx.within(Timer::Reconnect, delay),
            None => {
                self.close(cx);
                return Some(Outcome::AgentLost(loss));
            }
        }
        None
    }

    /// An error that came just now is why the socket is gone.
    fn last_words(&mut self, now: Instant) -> Option<AgentError> {
        let (at, error) = self.last_error.take()?;
        (now.saturating_duration_since(at) <= LAST_WORDS).then_some(error)
    }
}

/// Whether the service has no room at the moment.
fn is_busy(error: &AgentError) -> bool {
    matches!(error.code.as_str(), "at_capacity" | "concurrency_exceeded")
}

/// Whether a session that is refused with it may be taken a little later.
fn is_passing(error: &AgentError) -> bool {
    const PASSING: [&str; 4] = [
        "internal_error",
        "server_error",
        "agent_init_failed",
        "agent_timeout",
    ];
    is_busy(error) || PASSING.contains(&error.code.as_str())
}

/// Whether the credential was not taken.
fn is_refused(loss: &Loss) -> bool {
    matches!(loss, Loss::Refused(401 | 403))
}
