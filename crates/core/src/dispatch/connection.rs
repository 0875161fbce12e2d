//! The connection to the server: connect, register, and retry without limit after a loss.
//!
//! ```text
//! Connecting ─▶ Registering ─▶ Registered
//!      ▲              │             │
//!      └── Waiting ◀──┴─────────────┘
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::context::{Context, Timer};
use super::{Action, Command, Fact, Settings};
use crate::backoff::Backoff;

/// Deadline for opening the WebSocket. The driver gives up earlier, with a reason.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(12);

/// Deadline from the registration to the server's answer. The server gives a worker the same time.
pub(super) const REGISTER_WITHIN: Duration = Duration::from_secs(10);

/// Delays between connection attempts. A server that restarts is back within seconds.
const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// After this many refusals in a row before the first registration, the key is taken to be wrong.
/// A key that was accepted once stays in use: the server may be misconfigured for a while.
const REFUSALS: u32 = 3;

/// The connection to the server.
#[derive(Debug)]
pub(super) struct Connection {
    stage: Stage,
    settings: Box<Settings>,
    backoff: Backoff,
    /// Attempts since the last registration.
    attempt: u32,
    /// Refusals of the API key in a row; `None` once a registration has succeeded.
    refusals: Option<u32>,
    /// Makes the delays of one worker differ from those of others.
    seed: u64,
    /// Status reports since the last registration.
    seq: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Registering,
    Registered,
    Waiting,
    Closed,
}

impl Connection {
    pub(super) fn new(settings: Settings, seed: u64) -> Self {
        let backoff = Backoff::new(RETRY_MIN, RETRY_MAX, Duration::MAX);
        Self {
            stage: Stage::Waiting,
            settings: Box::new(settings),
            backoff: backoff.expect("RETRY_MIN is at most RETRY_MAX"),
            attempt: 0,
            refusals: Some(0),
            seed,
            seq: 0,
        }
    }

    /// Starts to open the WebSocket.
    pub(super) fn connect(&mut self, cx: &mut Context) {
        if self.stage == Stage::Waiting {
            self.stage = Stage::Connecting;
            cx.act(Action::Connect);
            cx.within(Timer::Connection, CONNECT_WITHIN);
        }
    }

    /// Sends the registration: the WebSocket is open.
    pub(super) fn opened(&mut self, cx: &mut Context) {
        if self.stage == Stage::Connecting {
            self.stage = Stage::Registering;
            cx.send(Command::Register(self.settings.clone()));
            cx.within(Timer::Connection, REGISTER_WITHIN);
        }
    }

    /// Handles the server's answer to the registration. Returns whether the worker was waiting for
    /// it.
    pub(super) fn registered(&mut self, cx: &mut Context, worker_id: String) -> bool {
        if self.stage != Stage::Registering {
            return false;
        }
        self.stage = Stage::Registered;
        self.attempt = 0;
        self.refusals = None;
        self.seq = 0;
        cx.stop(Timer::Connection);
        cx.observe(Fact::Registered { worker_id });
        true
    }

    /// Schedules a retry: the WebSocket is closed or could not be opened.
    pub(super) fn lost(&mut self, cx: &mut Context, reason: String) {
        if self.is_idle() {
            return;
        }
        self.refusals = self.refusals.map(|_| 0);
        self.retry(cx, reason);
    }

    /// Like [`lost`](Self::lost), because the server refused the API key. Returns whether to give up
    /// instead of retrying.
    pub(super) fn refused(&mut self, cx: &mut Context, reason: String) -> bool {
        if self.is_idle() {
            return false;
        }
        self.refusals = self.refusals.map(|refusals| refusals + 1);
        let gives_up = self.refusals.is_some_and(|refusals| refusals >= REFUSALS);
        if !gives_up {
            self.retry(cx, reason);
        }
        gives_up
    }

    fn retry(&mut self, cx: &mut Context, reason: String) {
        self.stage = Stage::Waiting;
        let retry_in = self.backoff.delay(self.attempt, self.random());
        self.attempt = self.attempt.saturating_add(1);
        cx.within(Timer::Connection, retry_in);
        cx.observe(Fact::Lost {
            reason,
            attempt: self.attempt,
            retry_in,
        });
    }

    /// Handles the deadline of the current stage.
    pub(super) fn expired(&mut self, cx: &mut Context) {
        match self.stage {
            Stage::Waiting => self.connect(cx),
            Stage::Connecting | Stage::Registering => {
                cx.act(Action::Disconnect);
                self.lost(cx, "the server did not answer in time".to_owned());
            }
            Stage::Registered | Stage::Closed => {}
        }
    }

    /// Registers again because the server is about to shut down: soon, but with jitter.
    pub(super) fn go_away(&mut self, cx: &mut Context) {
        if self.stage == Stage::Registered {
            self.stage = Stage::Waiting;
            cx.act(Action::Disconnect);
            cx.within(Timer::Connection, RETRY_MIN.mul_f64(self.random()));
        }
    }

    /// Closes the WebSocket for good.
    pub(super) fn close(&mut self, cx: &mut Context) {
        if !self.is_idle() {
            cx.act(Action::Disconnect);
        }
        self.stage = Stage::Closed;
    }

    /// Whether there is no connection that could be lost.
    fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Closed)
    }

    pub(super) fn is_registered(&self) -> bool {
        self.stage == Stage::Registered
    }

    /// The number of the next status report.
    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// A number from 0 to 1 that differs between attempts and between workers.
    fn random(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.attempt).hash(&mut hasher);
        f64::from(hasher.finish() as u32) / f64::from(u32::MAX)
    }
}
