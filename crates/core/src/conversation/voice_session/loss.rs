//! Loss of the voice session: whether to retry or to end the call.

use std::time::{Duration, Instant};

use super::recovery::{Recovery, TRIES};
use super::session_sync::SessionSync;
use super::{RECENT_ERROR, SHORT_LIFE, Stage, VoiceSession};
use crate::conversation::context::{Context, Timer};
use crate::conversation::{Action, AgentCommand, AgentError, Fact, Outcome, SocketLoss};

impl VoiceSession {
    /// Handles `session.error`. Before the first session is ready it ends the call, unless the
    /// service is only at capacity.
    pub(in crate::conversation) fn error(
        &mut self,
        cx: &mut Context,
        session_sync: &mut SessionSync,
        error: AgentError,
    ) -> Option<Outcome> {
        if matches!(self.stage, Stage::Ready | Stage::Ending) {
            self.last_error = Some((cx.now, error.clone()));
            cx.observe(Fact::AgentError(error));
            return None;
        }
        if !self.may_try_again(cx, session_sync, &error) {
            return Some(Outcome::AgentRejected(error));
        }
        cx.act(Action::CloseAgent);
        cx.observe(Fact::AgentError(error.clone()));
        let outcome = self.try_again(cx, SocketLoss::Broken(error.code.clone()));
        outcome.map(|_| Outcome::AgentRejected(error))
    }

    /// Handles the loss of the connection. Returns the outcome if the call ends.
    pub(in crate::conversation) fn lost(
        &mut self,
        cx: &mut Context,
        loss: SocketLoss,
    ) -> Option<Outcome> {
        let recent_error = self.recent_error(cx.now);
        let code = recent_error.as_ref().map(|error| error.code.as_str());
        let is_final = match self.stage {
            Stage::Idle | Stage::Waiting | Stage::Closed => return None,
            Stage::Ready => {
                matches!(code, Some("unauthorized" | "forbidden"))
                    || !self.may_retry_short_lived(cx.now)
            }
            Stage::Ending => true,
            Stage::Connecting | Stage::Open | Stage::Configuring => {
                recent_error.is_some() || !self.may_open_again(cx, &loss)
            }
        };
        if is_final {
            self.close(cx);
            return Some(match recent_error {
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

    /// Handles a `session.ended` that was not requested: the session is gone and another one is
    /// opened.
    pub(in crate::conversation) fn ended(&mut self, cx: &mut Context) -> Option<Outcome> {
        self.resumable = None;
        if let Some(recovery) = &mut self.recovery {
            recovery.give_up_session(cx.now);
        }
        self.stuck(cx, Outcome::AgentEnded)
    }

    /// Replaces the session, because it is close to its maximum duration.
    pub(in crate::conversation) fn rotate(&mut self, cx: &mut Context) -> Option<Outcome> {
        cx.send(AgentCommand::EndSession);
        cx.act(Action::CloseAgent);
        cx.observe(Fact::SessionRotated);
        self.resumable = None;
        self.recovery = Some(Recovery::new(cx.now, false));
        self.try_again(cx, SocketLoss::Broken("rotated".to_owned()))
    }

    /// Handles a connection that made no progress in time or accepts no data. Returns the outcome
    /// if the call ends.
    pub(in crate::conversation) fn stuck(
        &mut self,
        cx: &mut Context,
        otherwise: Outcome,
    ) -> Option<Outcome> {
        cx.act(Action::CloseAgent);
        let outcome = self.lost(cx, SocketLoss::Broken(otherwise.name().to_owned()));
        outcome.map(|_| otherwise)
    }

    /// Schedules the next attempt. If there is none, the call ends with `loss`.
    pub(crate) fn try_again(&mut self, cx: &mut Context, loss: SocketLoss) -> Option<Outcome> {
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

    /// Whether to retry after the API rejected a session with `error`.
    fn may_try_again(
        &mut self,
        cx: &mut Context,
        session_sync: &mut SessionSync,
        error: &AgentError,
    ) -> bool {
        if is_voice_error(error) && session_sync.refuse_voice() {
            self.recovery
                .get_or_insert_with(|| Recovery::of_the_first(cx.now));
            cx.observe(Fact::VoiceRefused);
            return true;
        }
        if self.recovery.is_none() && is_transient(error) {
            self.recovery = Some(Recovery::of_a_busy_service(cx.now));
        }
        let recovery = self.recovery.as_mut();
        recovery.is_some_and(|it| it.give_up_session(cx.now) || is_transient(error))
    }

    /// Whether to retry after the connection could not be opened.
    fn may_open_again(&mut self, cx: &mut Context, loss: &SocketLoss) -> bool {
        match &mut self.recovery {
            Some(recovery) if is_refused(loss) => recovery.give_up_session(cx.now),
            Some(_) => true,
            None if is_permanent(loss) => false,
            None => {
                cx.observe(Fact::AgentNotYet(loss.clone()));
                self.recovery = Some(Recovery::of_a_busy_service(cx.now));
                true
            }
        }
    }

    /// Whether the lost session lasted long enough, or too few short sessions in a row were lost to
    /// give up.
    fn may_retry_short_lived(&mut self, now: Instant) -> bool {
        let lived = self.ready_at.map(|at| now.saturating_duration_since(at));
        self.short_lived = match lived {
            Some(lived) if lived >= SHORT_LIFE => 0,
            _ => self.short_lived + 1,
        };
        self.short_lived <= TRIES
    }

    /// Returns the last error if it is recent enough to be the reason why the connection closed.
    fn recent_error(&mut self, now: Instant) -> Option<AgentError> {
        let (at, error) = self.last_error.take()?;
        (now.saturating_duration_since(at) <= RECENT_ERROR).then_some(error)
    }
}

/// Whether the error is only about the voice.
fn is_voice_error(error: &AgentError) -> bool {
    error.code == "invalid_value" && error.param.as_deref() == Some("output.voice")
}

/// Whether a session rejected with this error may be accepted a little later.
fn is_transient(error: &AgentError) -> bool {
    const TRANSIENT: [&str; 4] = [
        "internal_error",
        "server_error",
        "agent_init_failed",
        "agent_timeout",
    ];
    error.is_busy() || TRANSIENT.contains(&error.code.as_str())
}

/// Whether retrying is pointless, because of the key, the plan or the protocol.
fn is_permanent(loss: &SocketLoss) -> bool {
    match loss {
        SocketLoss::Refused(status) => *status != 429 && *status < 500,
        SocketLoss::Closed { code, .. } => matches!(code, 1000 | 1002 | 1003 | 1007 | 1008 | 1009),
        SocketLoss::Unreachable(_) | SocketLoss::Broken(_) => false,
    }
}

/// Whether the credential was rejected.
fn is_refused(loss: &SocketLoss) -> bool {
    matches!(loss, SocketLoss::Refused(401 | 403))
}
