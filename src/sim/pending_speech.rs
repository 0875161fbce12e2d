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
pub(super) struct PendingSpeech(VecDeque<(Instant, Point)>);

/// A pending entry.
#[derive(Debug)]
pub(super) enum Point {
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
        self.push(Instant::now(), Point::Asked(instructions))
    }

    /// Queues tool calls; drops them if the queue is full.
    pub(super) fn call(&mut self, calls: Vec<ToolCall>) {
        self.push(Instant::now(), Point::Calls(calls));
    }

    /// Queues a reply about tool results.
    pub(super) fn tell(&mut self, outcome: Outcome) {
        self.push(Instant::now() + ANSWER_AFTER, Point::Outcome(outcome));
    }

    /// When the next entry is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// The first entry that is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<Point> {
        self.take_if(|at, _| at <= now)
    }

    /// The pending tool calls, to be made in place of an answer.
    pub(super) fn take_calls(&mut self) -> Option<Vec<ToolCall>> {
        match self.take_if(|_, point| matches!(point, Point::Calls(_)))? {
            Point::Calls(calls) => Some(calls),
            Point::Asked(_) | Point::Outcome(_) => None,
        }
    }

    fn take_if(&mut self, wanted: impl Fn(Instant, &Point) -> bool) -> Option<Point> {
        let at = self.0.iter().position(|(at, point)| wanted(*at, point))?;
        self.0.remove(at).map(|(_, point)| point)
    }

    fn push(&mut self, at: Instant, point: Point) -> bool {
        let has_room = self.0.len() < MOST;
        if has_room {
            self.0.push_back((at, point));
        }
        has_room
    }
}
