//! What the agent says next, once it is silent.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::calls::Outcome;
use super::scenario::ToolCall;

/// Time from the last tool result to the reply about it.
const ANSWER_AFTER: Duration = Duration::from_millis(170);

/// Maximum number of pending entries.
const MOST: usize = 32;

/// What the agent says next, in order.
#[derive(Debug, Default)]
pub(super) struct PendingSpeech(VecDeque<(Instant, PendingEntry)>);

/// A pending entry.
#[derive(Debug)]
pub(super) enum PendingEntry {
    /// A reply requested by `reply.create`, with its instructions.
    Asked(String),
    /// Tool calls.
    Calls(Vec<ToolCall>),
    /// A reply about tool results.
    Outcome(Outcome),
}

impl PendingSpeech {
    /// Queues a `reply.create` that came while the agent was speaking; returns false if the queue
    /// is full.
    pub(super) fn ask(&mut self, instructions: String) -> bool {
        self.push(Instant::now(), PendingEntry::Asked(instructions))
    }

    /// Queues tool calls; drops them if the queue is full.
    pub(super) fn call(&mut self, calls: Vec<ToolCall>) {
        self.push(Instant::now(), PendingEntry::Calls(calls));
    }

    /// Queues a reply about tool results.
    pub(super) fn report(&mut self, outcome: Outcome) {
        self.push(
            Instant::now() + ANSWER_AFTER,
            PendingEntry::Outcome(outcome),
        );
    }

    /// When the next entry is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// The first entry that is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<PendingEntry> {
        self.take_if(|at, _| at <= now)
    }

    /// The pending tool calls, to be made in place of an answer.
    pub(super) fn take_calls(&mut self) -> Option<Vec<ToolCall>> {
        match self.take_if(|_, entry| matches!(entry, PendingEntry::Calls(_)))? {
            PendingEntry::Calls(calls) => Some(calls),
            PendingEntry::Asked(_) | PendingEntry::Outcome(_) => None,
        }
    }

    fn take_if(&mut self, wanted: impl Fn(Instant, &PendingEntry) -> bool) -> Option<PendingEntry> {
        let at = self.0.iter().position(|(at, entry)| wanted(*at, entry))?;
        self.0.remove(at).map(|(_, entry)| entry)
    }

    fn push(&mut self, at: Instant, entry: PendingEntry) -> bool {
        let has_room = self.0.len() < MOST;
        if has_room {
            self.0.push_back((at, entry));
        }
        has_room
    }
}
