//! What the agent will say when it is silent.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::calls::Outcome;
use super::scenario::ToolCall;

/// From the last answer of a tool to the reply about it.
const ANSWER_AFTER: Duration = Duration::from_millis(170);

/// The most that may wait.
const MOST: usize = 32;

/// What the agent will say, in order.
#[derive(Debug, Default)]
pub(super) struct PendingSpeech(VecDeque<(Instant, Point)>);

/// One thing to say.
#[derive(Debug)]
pub(super) enum Point {
    /// What a `reply.create` asked for, with these instructions.
    Asked(String),
    /// Nothing, but these tools are called.
    Calls(Vec<ToolCall>),
    /// What tools have answered.
    Outcome(Outcome),
}

impl PendingSpeech {
    /// A `reply.create` came while the agent spoke; false when too many wait.
    pub(super) fn ask(&mut self, instructions: String) -> bool {
        self.push(Instant::now(), Point::Asked(instructions))
    }

    /// Tools are to be called; too many are not.
    pub(super) fn call(&mut self, calls: Vec<ToolCall>) {
        self.push(Instant::now(), Point::Calls(calls));
    }

    /// Tools have answered.
    pub(super) fn tell(&mut self, outcome: Outcome) {
        self.push(Instant::now() + ANSWER_AFTER, Point::Outcome(outcome));
    }

    /// When the next point is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// The first point that is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<Point> {
        self.take_if(|at, _| at <= now)
    }

    /// The calls that wait, in place of an answer.
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
