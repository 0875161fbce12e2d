//! Drives the monitor of one call: supplies the time and the participants' requests.

use parlor_common::clock::{at, now, wall};
use parlor_core::conversation::{AgentState, Event, Fact};
use parlor_livekit::monitor::{Access, Audience, Monitor, MonitorRequest, Output};
use tokio::sync::mpsc;

/// The monitor of one call; does nothing if monitoring is off.
#[derive(Debug, Default)]
pub(super) struct Monitoring(Option<(Monitor, mpsc::Receiver<MonitorRequest>)>);

impl Monitoring {
    /// Creates the monitor of a call that starts now.
    pub(super) fn new(access: Access, monitor_requests: mpsc::Receiver<MonitorRequest>) -> Self {
        let is_on = access.who != Audience::Off;
        Self(is_on.then(|| (Monitor::new(access, now(), wall()), monitor_requests)))
    }

    /// Records the agent profile if `event` contains one.
    pub(super) fn learn(&mut self, event: Option<&Event>) {
        if let (Some((monitor, _)), Some(Event::Profile(profile))) = (&mut self.0, event) {
            monitor.profile(profile);
        }
    }

    /// Records whether there is a linked caller.
    pub(super) fn caller(&mut self, is_there: bool) {
        if let Some((monitor, _)) = &mut self.0 {
            monitor.caller(now(), is_there);
        }
    }

    /// Records a change of the agent's state.
    pub(super) fn state(&mut self, state: AgentState) {
        if let Some((monitor, _)) = &mut self.0 {
            monitor.state(now(), state);
        }
    }

    /// Records a fact of the call.
    pub(super) fn fact(&mut self, fact: &Fact) {
        if let Some((monitor, _)) = &mut self.0 {
            monitor.fact(now(), fact);
        }
    }

    /// Returns the next output to carry out.
    pub(super) fn poll(&mut self) -> Option<Output> {
        let (monitor, _) = self.0.as_mut()?;
        monitor.poll()
    }

    /// Waits for a request or a deadline and handles it; waits forever if monitoring is off.
    /// Cancel-safe.
    pub(super) async fn next(&mut self) {
        let Some((monitor, monitor_requests)) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            Some(request) = monitor_requests.recv() => monitor.request(now(), request),
            () = at(monitor.deadline()) => monitor.timeout(now()),
        }
    }
}
