//! Actions planned for later.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::progress::DueStep;

/// Maximum number of planned actions; more are dropped.
const MOST: usize = 100_000;

/// The planned actions of a session.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<(Instant, Planned)>);

/// A planned action.
#[derive(Debug)]
pub(crate) enum Planned {
    /// Runs a step.
    Act(DueStep),
    /// Sends a message.
    Send(Value),
    /// Handles a message of the client.
    Take(Value),
    /// Interrupts the reply.
    Interrupt,
}

impl Plan {
    /// Plans an action for `wait_ms` milliseconds from now.
    pub(crate) fn add(&mut self, wait_ms: u64, planned: Planned) {
        if self.0.len() < MOST {
            let at = Instant::now() + Duration::from_millis(wait_ms);
            self.0.push((at, planned));
        } else {
            tracing::warn!("too many planned actions: one was dropped");
        }
    }

    /// When the next action is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// Takes the actions that are due, in order.
    pub(crate) fn take(&mut self, now: Instant) -> Vec<Planned> {
        let mut due: Vec<_> = self.0.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, planned)| planned).collect()
    }
}
