//! The end of a worker: no more calls, then no calls, then nothing.

use std::time::Duration;

use super::context::Timer;
use super::slots::Slots;
use super::{Action, Dispatch, Fact, Phase, StopReason};

/// How long calls that are stopped at the end may take to say goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_secs(5);

impl Dispatch {
    pub(super) fn drain(&mut self) {
        match self.phase {
            Phase::Open => {
                self.phase = Phase::Draining;
                let jobs = self.calls();
                self.cx.observe(Fact::Draining { jobs });
                self.cx.within(Timer::Drain, self.drain_within);
                self.report();
            }
            Phase::Draining => {
                let cut = self.calls();
                self.phase = Phase::Leaving { cut };
                self.finish();
            }
            Phase::Leaving { .. } => self.finish(),
            Phase::Finished => {}
        }
    }

    /// Calls that have gone on long enough say goodbye.
    pub(super) fn stop_all(&mut self) {
        let calls: Vec<_> = self.slots.calls().cloned().collect();
        self.phase = Phase::Leaving { cut: calls.len() };
        for job in calls {
            self.cx.act(Action::Stop(job, StopReason::Drained));
        }
        self.cx.within(Timer::Goodbye, GOODBYE_WITHIN);
    }

    /// Ends once there is nothing left to end.
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
        self.link.close(&mut self.cx);
        self.cx.timers.clear();
        self.slots = Slots::new(1);
        self.cx.act(Action::Finish { cut });
    }
}
