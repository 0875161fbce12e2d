//! The shutdown of a worker: accept no new jobs, wait for the running calls, stop them, exit.

use std::time::Duration;

use super::context::Timer;
use super::slots::Slots;
use super::{Action, Dispatch, Fact, Phase, StopReason};
use crate::conversation::ENDS_WITHIN;

/// How long the end of a call may take to be reported to [`Dispatch`].
const TOLD_WITHIN: Duration = Duration::from_millis(500);

/// Maximum time from the end of the drain time until the last call has ended. Calls that have not
/// ended by then are cut off.
pub const CALLS_END_WITHIN: Duration = ENDS_WITHIN.saturating_add(TOLD_WITHIN);

impl Dispatch {
    pub(super) fn drain(&mut self) {
        match self.phase {
            Phase::Open => {
                self.phase = Phase::Draining;
                let jobs = self.calls();
                self.cx.observe(Fact::Draining { jobs });
                self.cx.act(Action::Drain);
                self.cx.within(Timer::Drain, self.drain_within);
                self.report();
            }
            Phase::Draining => {
                let cut = self.calls();
                self.phase = Phase::Leaving { cut };
                self.finish_now();
            }
            Phase::Leaving { .. } => self.finish_now(),
            Phase::Finished => {}
        }
    }

    /// Stops all calls: the drain time is over.
    pub(super) fn stop_all(&mut self) {
        // A call that started now would have no time to end gracefully.
        self.slots.forget_promises();
        let calls: Vec<_> = self.slots.calls().cloned().collect();
        self.phase = Phase::Leaving { cut: calls.len() };
        let reason = match self.says_goodbye {
            true => StopReason::Drained,
            false => StopReason::WithoutGoodbye,
        };
        for job in calls {
            self.cx.act(Action::Stop(job, reason));
        }
        self.cx.within(Timer::Goodbye, CALLS_END_WITHIN);
    }

    fn finish_now(&mut self) {
        self.is_immediate = true;
        self.finish();
    }

    /// Finishes once the worker drains and no slot is taken.
    pub(super) fn settle(&mut self) {
        let is_over = matches!(self.phase, Phase::Draining | Phase::Leaving { .. });
        if is_over && self.slots.is_empty() {
            self.finish();
        }
    }

    pub(super) fn finish(&mut self) {
        let cut = match self.phase {
            Phase::Leaving { cut } => cut,
            Phase::Finished => return,
            _ => 0,
        };
        self.phase = Phase::Finished;
        self.connection.close(&mut self.cx);
        self.cx.timers.clear();
        self.slots = Slots::new(1);
        self.cx.act(Action::Finish { cut });
    }
}
