//! Usage of a call, and its limits.

use std::time::{Duration, Instant};

use crate::conversation::context::{Context, Timer};
use crate::conversation::failover::checkpoint::UsageSoFar;
use crate::conversation::profile::Limits;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Counts the usage of a call.
#[derive(Debug)]
pub(crate) struct UsageMeter {
    limits: Limits,
    /// When the first session was ready, earlier by the time that another process handled the call.
    began: Option<Instant>,
    /// Since when the current session is open.
    open_since: Option<Instant>,
    /// Usage before this process or before the current session.
    before: UsageSoFar,
    /// Number of lines said to a silent caller.
    pub(crate) idle_lines: usize,
}

impl UsageMeter {
    /// Starts counting from `before`.
    pub(crate) fn new(before: UsageSoFar) -> Self {
        Self {
            limits: Limits::default(),
            began: None,
            open_since: None,
            before,
            idle_lines: 0,
        }
    }

    /// Sets the limits.
    pub(crate) fn set_limits(&mut self, cx: &mut Context, limits: &Limits) {
        self.limits = limits.clone();
        self.set_timers(cx);
    }

    /// A session is ready.
    pub(crate) fn opened(&mut self, cx: &mut Context) {
        let earlier = cx.now.checked_sub(self.before.lasted);
        self.began = self.began.or(earlier).or(Some(cx.now));
        self.open_since = Some(cx.now);
        self.set_timers(cx);
    }

    /// The session was closed or lost.
    pub(crate) fn closed(&mut self, cx: &mut Context) {
        self.before.connected = self.connected(cx.now);
        self.open_since = None;
        cx.stop(Timer::Cost);
    }

    /// Counts a turn of the caller. Returns whether it was the last one allowed.
    pub(crate) fn turn(&mut self) -> bool {
        self.before.turns = self.before.turns.saturating_add(1);
        self.idle_lines = 0;
        self.limits.turns == Some(self.before.turns)
    }

    /// How long the caller may be silent.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.limits.idle
    }

    /// Usage so far. The number of tool calls is only that of an earlier process.
    pub(crate) fn spent(&self, now: Instant) -> UsageSoFar {
        let lasted = self.began.map(|began| now.saturating_duration_since(began));
        UsageSoFar {
            lasted: lasted.unwrap_or(self.before.lasted),
            connected: self.connected(now),
            ..self.before.clone()
        }
    }

    /// Cost of sessions that were open for `connected`.
    pub(crate) fn cost(&self, connected: Duration) -> Option<f64> {
        let price = self.limits.price?;
        Some(price * connected.as_secs_f64() / HOUR.as_secs_f64())
    }

    fn connected(&self, now: Instant) -> Duration {
        let since = self.open_since.map(|at| now.saturating_duration_since(at));
        self.before.connected + since.unwrap_or_default()
    }

    fn set_timers(&self, cx: &mut Context) {
        let until = |began: Instant| began.checked_add(self.limits.duration?);
        cx.at(Timer::Duration, self.began.and_then(until));
        match self.open_since.and_then(|_| self.affordable()) {
            Some(most) => cx.within(Timer::Cost, most.saturating_sub(self.connected(cx.now))),
            None => cx.stop(Timer::Cost),
        }
    }

    /// Maximum total time that sessions may be open.
    fn affordable(&self) -> Option<Duration> {
        let hours = self.limits.cost? / self.limits.price?;
        Duration::try_from_secs_f64(hours * HOUR.as_secs_f64()).ok()
    }
}
