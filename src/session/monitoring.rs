//! Carries the monitor of one call: gives it the time, and what is asked.

use parlor_core::conversation::{AgentState, Event, Fact};
use tokio::sync::mpsc;

use crate::clock::{at, now, wall};
use crate::monitor::{Access, Asked, Monitor, Output, Who};

/// The monitor of one call, unless nobody may watch.
#[derive(Debug, Default)]
pub(super) struct Monitoring(Option<(Monitor, mpsc::Receiver<Asked>)>);

impl Monitoring {
    /// Of a call that begins now, for those who have `access`.
    pub(super) fn new(access: Access, asked: mpsc::Receiver<Asked>) -> Self {
        let is_on = access.who != Who::Off;
        Self(is_on.then(|| (Monitor::new(access, now(), wall()), asked)))
    }

    /// The agent is told what it is, if that is what `event` says.
    pub(super) fn learn(&mut self, event: Option<&Event>) {
        if let (Some((monitor, _)), Some(Event::Brief(profile))) = (&mut self.0, event) {
            monitor.profile(profile);
        }
    }

    /// Somebody is listened to, or nobody.
    pub(super) fn caller(&mut self, is_there: bool) {
        if let Some((monitor, _)) = &mut self.0 {
            monitor.caller(now(), is_there);
        }
    }

    /// The agent does something else.
    pub(super) fn state(&mut self, state: AgentState) {
        if let Some((monitor, _)) = &mut self.0 {
            monitor.state(now(), state);
        }
    }

    /// Something happened in the call.
    pub(super) fn fact(&mut self, fact: &Fact) {
        if let Some((monitor, _)) = &mut self.0 {
            monitor.fact(now(), fact);
        }
    }

    /// What is to be done for those who watch.
    pub(super) fn poll(&mut self) -> Option<Output> {
        let (monitor, _) = self.0.as_mut()?;
        monitor.poll()
    }

    /// Waits until something is asked, or time has passed; for ever if nobody can ask. Cancel-safe.
    pub(super) async fn next(&mut self) {
        let Some((monitor, asked)) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            Some(asked) = asked.recv() => monitor.asked(now(), asked),
            () = at(monitor.deadline()) => monitor.timeout(now()),
        }
    }
}
