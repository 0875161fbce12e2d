//! The link to the agent, from the first connection to the end of the voice session.
//!
//! ```text
//! Idle ─▶ Connecting ─▶ Open ─▶ Configuring ─▶ Ready ─▶ Ending ─▶ Closed
//! ```
//!
//! The session is configured, and so starts to greet, only when somebody can hear it.

use std::time::{Duration, Instant};

use super::context::{Context, Timer};
use super::{Action, AgentCommand, AgentError, Fact, Loss, Outcome};
use crate::ids::SessionId;
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No caller yet.
    Idle,
    Connecting,
    /// Connected; nobody hears us yet.
    Open,
    /// `session.update` is sent.
    Configuring,
    Ready,
    /// The server said `session.ended`; the socket is still open.
    Ended,
    /// `session.end` is sent.
    Ending,
    Closed,
}

impl Link {
    pub(super) fn new(session: SessionConfig) -> Self {
        Self {
            stage: Stage::Idle,
            session,
            heard: false,
            last_error: None,
        }
    }

    /// A caller is linked: connects, unless that was done for another one.
    pub(super) fn connect(&mut self, cx: &mut Context) {
        if self.stage != Stage::Idle {
            return;
        }
        self.stage = Stage::Connecting;
        cx.act(Action::ConnectAgent);
        cx.within(Timer::Connect, CONNECT_WITHIN);
        if !self.heard {
            cx.within(Timer::Listener, LISTENER_WITHIN);
        }
    }

    /// The socket is open.
    pub(super) fn opened(&mut self, cx: &mut Context) {
        if self.stage != Stage::Connecting {
            return;
        }
        cx.stop(Timer::Connect);
        self.stage = Stage::Open;
        self.configure_if_heard(cx);
    }

    /// Somebody hears our track, or nobody did in time.
    pub(super) fn heard(&mut self, cx: &mut Context) {
        self.heard = true;
        cx.stop(Timer::Listener);
        self.configure_if_heard(cx);
    }

    /// `session.ready`; whether it is the first one.
    pub(super) fn ready(&mut self, cx: &mut Context, session: Option<SessionId>) -> bool {
        if self.stage != Stage::Configuring {
            return false;
        }
        cx.stop(Timer::Ready);
        self.stage = Stage::Ready;
        cx.observe(Fact::SessionReady { session });
        true
    }

    /// `session.error`; before the session is ready it ends the call.
    pub(super) fn error(&mut self, cx: &mut Context, error: AgentError) -> Option<Outcome> {
        if !matches!(self.stage, Stage::Ready | Stage::Ending) {
            return Some(Outcome::AgentRejected(error));
        }
        self.last_error = Some((cx.now, error.clone()));
        cx.observe(Fact::AgentError(error));
        None
    }

    /// `session.ended`.
    pub(super) fn ended(&mut self) {
        self.stage = Stage::Ended;
    }

    /// The socket is gone; how that ends the call.
    pub(super) fn lost(&mut self, cx: &mut Context, loss: Loss) -> Option<Outcome> {
        if matches!(self.stage, Stage::Idle | Stage::Closed) {
            return None;
        }
        self.close(cx);
        let recent = |(at, _): &(Instant, AgentError)| cx.now.duration_since(*at) <= LAST_WORDS;
        Some(match self.last_error.take().filter(recent) {
            Some((_, error)) => Outcome::AgentRejected(error),
            None => Outcome::AgentLost(loss),
        })
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
        if !matches!(self.stage, Stage::Idle | Stage::Closed) {
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

    fn configure_if_heard(&mut self, cx: &mut Context) {
        if self.stage != Stage::Open || !self.heard {
            return;
        }
        self.stage = Stage::Configuring;
        cx.send(AgentCommand::UpdateSession(Box::new(self.session.clone())));
        cx.within(Timer::Ready, READY_WITHIN);
    }

    fn close(&mut self, cx: &mut Context) {
        self.stage = Stage::Closed;
        for timer in [Timer::Connect, Timer::Listener, Timer::Ready, Timer::End] {
            cx.stop(timer);
        }
    }
}

/// The loss that an edge without a word amounts to.
pub(super) fn not_open() -> Loss {
    Loss::Unreachable(format!("not open within {} s", CONNECT_WITHIN.as_secs()))
}
