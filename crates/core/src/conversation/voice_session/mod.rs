//! Voice session, from the first connection to its end.
//!
//! ```text
//! Idle ─▶ Connecting ─▶ Open ─▶ Configuring ─▶ Ready ─▶ Ending ─▶ Closed
//!              ▲                                 │
//!              └───────────── Waiting ◀──────────┘  lost: resume it, or open another
//! ```
//!
//! The session is configured, and so starts its greeting, only once somebody can hear it.

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

/// Timeout for opening the WebSocket. The driver gives up after 10 s and reports why; this timeout
/// covers a driver that reports nothing.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(12);

/// How long to wait, once a caller is linked, for a subscription to the agent's track. The agent
/// then speaks anyway.
pub(super) const LISTENER_WITHIN: Duration = Duration::from_secs(3);

/// Timeout from `session.update` to `session.ready`; the API has the same limit.
pub(super) const READY_WITHIN: Duration = Duration::from_secs(10);

/// Timeout from `session.end` to `session.ended`.
pub(super) const END_WITHIN: Duration = Duration::from_secs(3);

/// An error that came at most this long before the connection closed is the reason for it.
pub(super) const RECENT_ERROR: Duration = Duration::from_secs(2);

/// Age at which a session is replaced, well before the API ends it after 3 h.
pub(super) const ROTATE_AFTER: Duration = Duration::from_secs(165 * 60);

/// How long the replacement may wait until nobody is speaking.
pub(super) const ROTATE_WITHIN: Duration = Duration::from_secs(5 * 60);

/// A session that is lost sooner than this counts as short-lived.
pub(super) const SHORT_LIFE: Duration = Duration::from_secs(5);

/// The voice session and its connection.
#[derive(Debug)]
pub(super) struct VoiceSession {
    stage: Stage,
    /// Somebody subscribed to the agent's track, or the wait for that timed out.
    heard: bool,
    last_error: Option<(Instant, AgentError)>,
    /// ID and credential to resume the current or lost session.
    resumable: Option<Resumable>,
    /// Set from the loss of a session until one is ready again.
    recovery: Option<Recovery>,
    /// When the session became ready.
    ready_at: Option<Instant>,
    /// Number of consecutive short-lived sessions.
    short_lived: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is no caller yet.
    Idle,
    Connecting,
    /// Connected, but nobody can hear the agent yet.
    Open,
    /// `session.update` or `session.resume` was sent.
    Configuring,
    Ready,
    /// Lost; waiting for the next attempt.
    Waiting,
    /// `session.end` was sent.
    Ending,
    Closed,
}

/// Which session became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    /// The first session of the call.
    First,
    /// The lost session, resumed.
    Resumed,
    /// A new session that replaces the lost one.
    Anew,
}

impl VoiceSession {
    /// Creates a voice session. With `resumed`, it resumes or replaces the session of another
    /// process.
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

    /// Connects once a caller is linked, unless already connected for an earlier caller.
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

    /// Opens a connection, also on [`Timer::Reconnect`].
    pub(super) fn open(&mut self, cx: &mut Context) {
        self.stage = Stage::Connecting;
        cx.act(match self.resumes() {
            Some(resumable) => Action::ResumeAgent(resumable.token.clone()),
            None => Action::ConnectAgent,
        });
        cx.within(Timer::Connect, CONNECT_WITHIN);
    }

    /// The WebSocket is open.
    pub(super) fn opened(
        &mut self,
        cx: &mut Context,
        session_sync: &mut SessionSync,
        history: &History,
    ) {
        if self.stage != Stage::Connecting {
            return;
        }
        cx.stop(Timer::Connect);
        self.stage = Stage::Open;
        self.configure_if_heard(cx, session_sync, history);
    }

    /// Somebody subscribed to the agent's track, or [`Timer::Listener`] expired.
    pub(super) fn heard(
        &mut self,
        cx: &mut Context,
        session_sync: &mut SessionSync,
        history: &History,
    ) {
        self.heard = true;
        cx.stop(Timer::Listener);
        self.configure_if_heard(cx, session_sync, history);
    }

    /// Handles `session.ready`. Returns which session is ready, or `None` if it was not requested.
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

    /// Sends `session.end` if a session is ready, and otherwise closes the connection.
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

    /// Closes the connection, if there is one, without `session.end`.
    pub(super) fn cut(&mut self, cx: &mut Context) {
        if !matches!(self.stage, Stage::Idle | Stage::Waiting | Stage::Closed) {
            cx.act(Action::CloseAgent);
        }
        self.close(cx);
    }

    /// Whether the session accepts audio.
    pub(super) fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    /// Whether `session.end` was sent and the session has not ended yet.
    pub(super) fn is_ending(&self) -> bool {
        self.stage == Stage::Ending
    }

    /// Whether there is a connection whose messages are handled.
    pub(super) fn is_connected(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Waiting | Stage::Closed)
    }

    /// ID and credential to resume the session.
    pub(super) fn resumable(&self) -> Option<&Resumable> {
        self.resumable.as_ref()
    }

    /// Session that the next connection resumes.
    fn resumes(&self) -> Option<&Resumable> {
        let resuming = self.recovery.as_ref().is_some_and(|it| it.resuming);
        self.resumable.as_ref().filter(|_| resuming)
    }

    fn configure_if_heard(
        &mut self,
        cx: &mut Context,
        session_sync: &mut SessionSync,
        history: &History,
    ) {
        if self.stage != Stage::Open || !self.heard {
            return;
        }
        self.stage = Stage::Configuring;
        cx.send(match (self.resumes(), &self.recovery) {
            (Some(resumable), _) => AgentCommand::ResumeSession(resumable.session.clone()),
            (None, Some(_)) => {
                AgentCommand::UpdateSession(Box::new(session_sync.open(Some(history))))
            }
            (None, None) => AgentCommand::UpdateSession(Box::new(session_sync.open(None))),
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

/// Loss reported when the driver neither opens the connection nor reports an error.
pub(super) fn not_open() -> SocketLoss {
    SocketLoss::Unreachable(format!(
        "no connection within {} s",
        CONNECT_WITHIN.as_secs()
    ))
}
