//! The link to the agent, from the first connection to the end of the voice session.
//!
//! ```text
//! Idle ─▶ Connecting ─▶ Open ─▶ Configuring ─▶ Ready ─▶ Ending ─▶ Closed
//!              ▲                                 │
//!              └───────────── Waiting ◀──────────┘  lost: resumed, or begun anew
//! ```
//!
//! The session is configured, and so starts to greet, only when somebody can hear it.

pub(crate) mod loss;
pub(crate) mod recovery;
pub(crate) mod session_sync;

use std::time::{Duration, Instant};

use super::context::{Context, Timer};
use super::failover::checkpoint::Resumable;
use super::failover::history::History;
use super::{Action, AgentCommand, AgentError, Fact, SocketLoss};
use crate::ids::SessionId;
use crate::secret::Secret;
use recovery::Recovery;
use session_sync::SessionSync;

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

/// When a session gives way to another one, well before the 3 h after which the API ends it.
pub(super) const ROTATE_AFTER: Duration = Duration::from_secs(165 * 60);

/// How long that may wait for a moment in which nobody speaks.
pub(super) const ROTATE_WITHIN: Duration = Duration::from_secs(5 * 60);

/// A session that is lost sooner than this has not got the call any further.
pub(super) const SHORT_LIFE: Duration = Duration::from_secs(5);

/// The link to the agent.
#[derive(Debug)]
pub(super) struct VoiceSession {
    stage: Stage,
    /// Somebody hears our track, or has had the time to.
    heard: bool,
    last_error: Option<(Instant, AgentError)>,
    /// What resumes the session that is, or was, ready.
    resumable: Option<Resumable>,
    /// Since a session was lost, until one is ready again.
    recovery: Option<Recovery>,
    /// When the session was ready.
    ready_at: Option<Instant>,
    /// Sessions in a row that were lost soon.
    short_lived: u32,
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

impl VoiceSession {
    /// A link that goes on with a session of somebody else's, or in its place, if `resumed`.
    pub(super) fn new(resumed: Option<(Recovery, Option<Resumable>)>) -> Self {
        let (recovery, resumable) = resumed.unzip();
        Self {
            stage: Stage::Idle,
            heard: false,
            last_error: None,
            resumable: resumable.flatten(),
            recovery,
            ready_at: None,
            short_lived: 0,
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
    pub(super) fn opened(&mut self, cx: &mut Context, who: &mut SessionSync, history: &History) {
        if self.stage != Stage::Connecting {
            return;
        }
        cx.stop(Timer::Connect);
        self.stage = Stage::Open;
        self.configure_if_heard(cx, who, history);
    }

    /// Somebody hears our track, or nobody did in time.
    pub(super) fn heard(&mut self, cx: &mut Context, who: &mut SessionSync, history: &History) {
        self.heard = true;
        cx.stop(Timer::Listener);
        self.configure_if_heard(cx, who, history);
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
        self.ready_at = Some(cx.now);
        cx.within(Timer::Rotate, ROTATE_AFTER);
        let token = token.filter(|token| !token.is_empty());
        let pair = session.clone().zip(token);
        self.resumable = pair.map(|(session, token)| Resumable { session, token });
        cx.observe(Fact::SessionReady { session });
        let Some(recovery) = self.recovery.take().filter(|it| !it.is_first) else {
            return Some(Ready::First);
        };
        let resumed = recovery.resuming;
        let after = cx.now.saturating_duration_since(recovery.since);
        cx.observe(Fact::AgentBack { resumed, after });
        Some(if resumed { Ready::Resumed } else { Ready::Anew })
    }

    /// Says `session.end` if there is a session; otherwise closes.
    pub(super) fn end(&mut self, cx: &mut Context) {
        if self.stage != Stage::Ready {
            self.cut(cx);
            return;
        }
        self.stage = Stage::Ending;
        self.stop_timers(cx);
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

    fn configure_if_heard(&mut self, cx: &mut Context, who: &mut SessionSync, history: &History) {
        if self.stage != Stage::Open || !self.heard {
            return;
        }
        self.stage = Stage::Configuring;
        cx.send(match (self.resumes(), &self.recovery) {
            (Some(resumable), _) => AgentCommand::ResumeSession(resumable.session.clone()),
            (None, Some(_)) => AgentCommand::UpdateSession(Box::new(who.open(Some(history)))),
            (None, None) => AgentCommand::UpdateSession(Box::new(who.open(None))),
        });
        cx.within(Timer::Ready, READY_WITHIN);
    }

    fn close(&mut self, cx: &mut Context) {
        self.stage = Stage::Closed;
        self.stop_timers(cx);
        cx.stop(Timer::Listener);
    }

    fn stop_timers(&self, cx: &mut Context) {
        for timer in [
            Timer::Connect,
            Timer::Ready,
            Timer::End,
            Timer::Reconnect,
            Timer::Rotate,
        ] {
            cx.stop(timer);
        }
    }
}

/// The loss that an edge without a word amounts to.
pub(super) fn not_open() -> SocketLoss {
    SocketLoss::Unreachable(format!("not open within {} s", CONNECT_WITHIN.as_secs()))
}
