//! The link to the agent, from the first connection to the end of the voice session.
//!
//! ```text
//! Idle ─▶ Connecting ─▶ Open ─▶ Configuring ─▶ Ready ─▶ Ending ─▶ Closed
//!              ▲                                 │
//!              └───────────── Waiting ◀──────────┘  lost: resumed, or begun anew
//! ```
//!
//! The session is configured, and so starts to greet, only when somebody can hear it.

use std::time::{Duration, Instant};

use super::checkpoint::Resumable;
use super::context::{Context, Timer};
use super::history::History;
use super::recovery::Recovery;
use super::{Action, AgentCommand, AgentError, Fact, Loss, Outcome};
use crate::ids::SessionId;
use crate::private::Secret;
use crate::wire::agent::SessionConfig;

/// From asking for a socket to having one. The edge gives up after 10 s and says why; this is
/// for an edge that says nothing.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(12);

/// How long after the caller was linked somebody must hear our track; then the agent speaks
/// anyway.
pub(super) const LISTENER_WITHIN: Duration = Duration::from_secs(3);

/// From `session.update` to `session.ready`, the API's own limit.
pub(super) const READY_WITHIN: Duration = Duration::from_secs(10);

/// From `session.end` to `session.ended`.
pub(super) const END_WITHIN: Duration = Duration::from_secs(3);

/// An error this short before the socket is lost is why it was lost.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

/// The link to the agent.
#[derive(Debug)]
pub(super) struct Link {
    stage: Stage,
    session: SessionConfig,
    /// Somebody hears our track, or has had the time to.
    heard: bool,
    last_error: Option<(Instant, AgentError)>,
    /// What resumes the session that is, or was, ready.
    resumable: Option<Resumable>,
    /// Since a session was lost, until one is ready again.
    recovery: Option<Recovery>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No caller yet.
    Idle,
    Connecting,
    /// Connected; nobody hears us yet.
    Open,
    /// `session.update` or `session.resume` is sent.
    Configuring,
    Ready,
    /// Lost; the next try comes later.
    Waiting,
    /// The server said `session.ended`; the socket is still open.
    Ended,
    /// `session.end` is sent.
    Ending,
    Closed,
}

/// Which session is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    /// The first one of the call.
    First,
    /// The one that was lost.
    Resumed,
    /// Another one in its place.
    Anew,
}

impl Link {
    /// A link that goes on with a session of somebody else's, or in its place, if `resumed`.
    pub(super) fn new(
        session: SessionConfig,
        resumed: Option<(Recovery, Option<Resumable>)>,
    ) -> Self {
        let (recovery, resumable) = resumed.unzip();
        Self {
            stage: Stage::Idle,
            session,
            heard: false,
            last_error: None,
            resumable: resumable.flatten(),
            recovery,
        }
    }

    /// A caller is linked: connects, unless that was done for another one.
    pub(super) fn connect(&mut self, cx: &mut Context) {
        if self.stage != Stage::Idle {
            return;
        }
        if !self.heard {
            cx.within(Timer::Listener, LISTENER_WITHIN);
        }
        match self.recovery {
            Some(_) => drop(self.try_again(cx, not_open())),
            None => self.open(cx),
        }
    }

    /// [`Timer::Reconnect`].
    pub(super) fn open(&mut self, cx: &mut Context) {
        self.stage = Stage::Connecting;
        cx.act(match self.resumes() {
            Some(resumable) => Action::ResumeAgent(resumable.token.clone()),
            None => Action::ConnectAgent,
        });
        cx.within(Timer::Connect, CONNECT_WITHIN);
    }

    /// The socket is open.
    pub(super) fn opened(&mut self, cx: &mut Context, history: &History) {
        if self.stage != Stage::Connecting {
            return;
        }
        cx.stop(Timer::Connect);
        self.stage = Stage::Open;
        self.configure_if_heard(cx, history);
    }

    /// Somebody hears our track, or nobody did in time.
    pub(super) fn heard(&mut self, cx: &mut Context, history: &History) {
        self.heard = true;
        cx.stop(Timer::Listener);
        self.configure_if_heard(cx, history);
    }

    /// `session.ready`; which session it is, unless it was not asked for.
    pub(super) fn ready(
        &mut self,
        cx: &mut Context,
        session: Option<SessionId>,
        token: Option<Secret>,
    ) -> Option<Ready> {
        if self.stage != Stage::Configuring {
            return None;
        }
        cx.stop(Timer::Ready);
        self.stage = Stage::Ready;
        let token = token.filter(|token| !token.is_empty());
        let pair = session.clone().zip(token);
        self.resumable = pair.map(|(session, token)| Resumable { session, token });
        cx.observe(Fact::SessionReady { session });
        let Some(recovery) = self.recovery.take() else {
            return Some(Ready::First);
        };
        let resumed = recovery.resuming;
        let after = cx.now.saturating_duration_since(recovery.since);
        cx.observe(Fact::AgentBack { resumed, after });
        Some(if resumed { Ready::Resumed } else { Ready::Anew })
    }

    /// `session.error`; before the first session is ready it ends the call.
    pub(super) fn error(&mut self, cx: &mut Context, error: AgentError) -> Option<Outcome> {
        if matches!(self.stage, Stage::Ready | Stage::Ending) {
            self.last_error = Some((cx.now, error.clone()));
            cx.observe(Fact::AgentError(error));
            return None;
        }
        let recovery = self.recovery.as_mut();
        if !recovery.is_some_and(|it| it.give_up_session(cx.now) || is_passing(&error)) {
            return Some(Outcome::AgentRejected(error));
        }
        cx.act(Action::CloseAgent);
        cx.observe(Fact::AgentError(error.clone()));
        self.try_again(cx, Loss::Broken(error.code))
    }

    /// `session.ended`.
    pub(super) fn ended(&mut self) {
        self.stage = Stage::Ended;
    }

    /// The socket is gone; how that ends the call, if it does.
    pub(super) fn lost(&mut self, cx: &mut Context, loss: Loss) -> Option<Outcome> {
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
    pub(super) fn stuck(&mut self, cx: &mut Context, otherwise: Outcome) -> Option<Outcome> {
        if self.stage != Stage::Ready && self.recovery.is_none() {
            return Some(otherwise);
        }
        cx.act(Action::CloseAgent);
        let outcome = self.lost(cx, Loss::Broken(otherwise.name().to_owned()));
        outcome.map(|_| otherwise)
    }

    /// Says `session.end` if there is a session; otherwise closes.
    pub(super) fn end(&mut self, cx: &mut Context) {
        if self.stage != Stage::Ready {
            self.cut(cx);
            return;
        }
        self.stage = Stage::Ending;
        cx.send(AgentCommand::EndSession);
        cx.within(Timer::End, END_WITHIN);
    }

    /// Closes the socket, if there is one, without another word.
    pub(super) fn cut(&mut self, cx: &mut Context) {
        if !matches!(self.stage, Stage::Idle | Stage::Waiting | Stage::Closed) {
            cx.act(Action::CloseAgent);
        }
        self.close(cx);
    }

    /// Whether the session takes audio.
    pub(super) fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    /// Whether `session.ended` or the loss of the socket is awaited.
    pub(super) fn is_ending(&self) -> bool {
        self.stage == Stage::Ending
    }

    /// Whether there is a socket whose messages count.
    pub(super) fn is_connected(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Waiting | Stage::Closed)
    }

    /// What resumes the session.
    pub(super) fn resumable(&self) -> Option<&Resumable> {
        self.resumable.as_ref()
    }

    /// The session that the next connection resumes.
    fn resumes(&self) -> Option<&Resumable> {
        let resuming = self.recovery.as_ref().is_some_and(|it| it.resuming);
        self.resumable.as_ref().filter(|_| resuming)
    }

    fn configure_if_heard(&mut self, cx: &mut Context, history: &History) {
        if self.stage != Stage::Open || !self.heard {
            return;
        }
        self.stage = Stage::Configuring;
        cx.send(match (self.resumes(), &self.recovery) {
            (Some(resumable), _) => AgentCommand::ResumeSession(resumable.session.clone()),
            (None, Some(_)) => {
                AgentCommand::UpdateSession(Box::new(history.continued(&self.session)))
            }
            (None, None) => AgentCommand::UpdateSession(Box::new(self.session.clone())),
        });
        cx.within(Timer::Ready, READY_WITHIN);
    }

    /// Waits for the next try; `loss` ends the call when there is none.
    fn try_again(&mut self, cx: &mut Context, loss: Loss) -> Option<Outcome> {
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

    fn close(&mut self, cx: &mut Context) {
        self.stage = Stage::Closed;
        self.stop_timers(cx);
        cx.stop(Timer::Listener);
    }

    fn stop_timers(&self, cx: &mut Context) {
        for timer in [Timer::Connect, Timer::Ready, Timer::End, Timer::Reconnect] {
            cx.stop(timer);
        }
    }
}

/// Whether a session that is refused with it may be taken a little later.
fn is_passing(error: &AgentError) -> bool {
    const PASSING: [&str; 6] = [
        "at_capacity",
        "concurrency_exceeded",
        "internal_error",
        "server_error",
        "agent_init_failed",
        "agent_timeout",
    ];
    PASSING.contains(&error.code.as_str())
}

/// Whether the credential was not taken.
fn is_refused(loss: &Loss) -> bool {
    matches!(loss, Loss::Refused(401 | 403))
}

/// The loss that an edge without a word amounts to.
pub(super) fn not_open() -> Loss {
    Loss::Unreachable(format!("not open within {} s", CONNECT_WITHIN.as_secs()))
}
