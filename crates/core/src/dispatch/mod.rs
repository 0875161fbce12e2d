//! The worker's side of LiveKit's dispatch protocol as a state machine: registration, job offers,
//! slots, status reports, reconnects and draining. Knows nothing of Protobuf, sockets and
//! processes.
//!
//! A job offer is answered immediately, by reserving a slot: the server allows 3 s for the whole
//! dispatch and does not offer it again. A reservation holds one slot, which is freed if the job is
//! not assigned in time. Calls survive the loss of the connection; status changes of their jobs are
//! sent after the next registration.

mod action;
mod call_cost;
mod connection;
mod context;
mod ending;
mod event;
mod jobs;
mod load;
mod settings;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::conversation::SecondAgent;
use crate::ids::JobId;

use connection::Connection;
use context::{Context, Timer};
use load::Load;
use slots::Slots;

pub use action::{Action, Answer, Capacity, Command, Fact, JobStatus, Refusal, Status, StopReason};
pub use ending::CALLS_END_WITHIN;
pub use event::{Assignment, Event, Job, JobResult, Sample, ServerEvent};
pub use jobs::NAME_ATTRIBUTE;
pub use settings::{JobType, Permissions, Settings};

/// Interval of the status reports to the server.
const STATUS_EVERY: Duration = Duration::from_millis(2_500);

/// A worker, from its start until its last call has ended.
///
/// Driven like [`Conversation`](crate::conversation::Conversation): pass in one event or timeout,
/// call `poll_action` until it returns `None`, then wait until `poll_timeout`. The last action is
/// [`Action::Finish`], which comes once.
#[derive(Debug)]
pub struct Dispatch {
    cx: Context,
    phase: Phase,
    agent_name: String,
    participant_name: String,
    second_agent: SecondAgent,
    drain_within: Duration,
    says_goodbye: bool,
    /// The drain was requested again: the worker exits without waiting for its calls.
    is_immediate: bool,
    /// Why the server refused the API key, if the worker ended for that reason.
    refused: Option<String>,
    connection: Connection,
    slots: Slots,
    load: Load,
    /// Job statuses that the server has not received; at most one for each call that changes while
    /// the worker is not registered.
    unsent_statuses: VecDeque<(JobId, JobStatus)>,
    was_full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Accepts no new jobs. Running calls continue.
    Draining,
    /// Running calls are being stopped; `cut` is their number.
    Leaving {
        cut: usize,
    },
    Finished,
}

impl Dispatch {
    /// Creates a worker that starts now. `seed` makes its reconnect delays differ from those of
    /// other workers.
    pub fn new(now: Instant, settings: Settings, seed: u64) -> Self {
        let mut dispatch = Self {
            cx: Context::new(now),
            phase: Phase::Open,
            agent_name: settings.agent_name.clone(),
            participant_name: settings.participant_name.clone(),
            second_agent: settings.second_agent,
            drain_within: settings.drain_within,
            says_goodbye: settings.says_goodbye,
            is_immediate: false,
            refused: None,
            slots: Slots::new(settings.slots),
            load: Load::new(now, settings.full_at, settings.slots),
            connection: Connection::new(settings, seed),
            unsent_statuses: VecDeque::new(),
            was_full: false,
        };
        dispatch.connection.connect(&mut dispatch.cx);
        dispatch
    }

    /// Handles an event.
    pub fn handle(&mut self, now: Instant, event: Event) {
        if !self.wake(now) {
            return;
        }
        match event {
            Event::Opened => self.connection.opened(&mut self.cx),
            Event::Lost(reason) => {
                self.cx.stop(Timer::Status);
                self.connection.lost(&mut self.cx, reason);
            }
            Event::Refused(reason) => self.refused(reason),
            Event::Server(event) => self.server(event),
            Event::Load(sample) => {
                self.load.sample(now, sample, &self.slots);
                self.load.judge(now, &self.slots);
                if self.is_full() != self.was_full {
                    self.report();
                }
            }
            Event::Running(job) => {
                if self.slots.run(&job) {
                    self.load.call_changed();
                    self.report_status(job, JobStatus::Running);
                }
            }
            Event::Moved(job) => self.slots.moved(self.cx.now, &job),
            Event::Ended(job, result) => self.ended(job, result),
            Event::Drain => self.drain(),
        }
        self.settle();
    }

    /// Handles the expiry of the deadline from [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if !self.wake(now) {
            return;
        }
        for job in self.slots.expire(now) {
            self.cx.observe(Fact::NotAssigned(job));
            self.report();
        }
        while let Some(timer) = self.cx.timers.take_expired(now) {
            match timer {
                Timer::Connection => self.connection.expired(&mut self.cx),
                Timer::Status => self.report(),
                Timer::Drain => self.stop_all(),
                Timer::Goodbye => self.finish(),
            }
        }
        self.settle();
    }

    /// The next action, or `None` if there is nothing left to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.cx.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), unless an event comes first.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timer = self.cx.timers.next().map(|(_, at)| at);
        timer.into_iter().chain(self.slots.next_expiry()).min()
    }

    /// Whether the worker is registered and accepts jobs.
    pub fn is_ready(&self) -> bool {
        self.connection.is_registered() && self.phase == Phase::Open
    }

    /// Number of calls, without reserved slots.
    pub fn calls(&self) -> usize {
        self.slots.calls().count()
    }

    /// Whether the drain was requested more than once, so that the worker does not wait for its
    /// calls.
    pub fn is_immediate(&self) -> bool {
        self.is_immediate
    }

    /// Why the server refused the API key, if the worker finished because it was refused repeatedly
    /// before the first registration.
    pub fn refusal_of_key(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn wake(&mut self, now: Instant) -> bool {
        debug_assert!(
            self.cx.actions.is_empty(),
            "call poll_action until it returns None before handling the next event"
        );
        self.cx.now = now;
        self.phase != Phase::Finished
    }

    fn refused(&mut self, reason: String) {
        self.cx.stop(Timer::Status);
        if self.connection.refused(&mut self.cx, reason.clone()) {
            self.refused = Some(reason);
            self.finish();
        }
    }

    fn server(&mut self, event: ServerEvent) {
        match event {
            ServerEvent::Registered { worker_id } => self.registered(worker_id),
            ServerEvent::Offer(job) => self.offered(&job),
            ServerEvent::Assigned(assignment) => self.assigned(assignment),
            ServerEvent::Terminated(job) => self.terminated(&job),
            ServerEvent::GoAway { reason } => {
                self.cx.observe(Fact::GoAway { reason });
                self.cx.stop(Timer::Status);
                self.connection.go_away(&mut self.cx);
            }
            ServerEvent::Other => {}
        }
    }

    fn registered(&mut self, worker_id: String) {
        if !self.connection.registered(&mut self.cx, worker_id) {
            return;
        }
        let calls: Vec<_> = self.slots.calls().cloned().collect();
        if !calls.is_empty() {
            self.cx.send(Command::Migrate(calls));
        }
        self.report();
        for (job, status) in std::mem::take(&mut self.unsent_statuses) {
            self.cx.send(Command::Job(job, status));
        }
    }

    /// Why the next job offer would be refused, or `None` if it would be accepted.
    fn refusal(&self) -> Option<Refusal> {
        match self.phase {
            Phase::Open if self.slots.is_full() => Some(Refusal::NoSlot),
            Phase::Open if self.load.is_enough() => Some(Refusal::Load),
            Phase::Open => None,
            _ => Some(Refusal::Draining),
        }
    }

    fn is_full(&self) -> bool {
        self.refusal().is_some()
    }

    fn note_capacity(&mut self) {
        let capacity = Capacity {
            full: self.refusal(),
            ..self.load.capacity(&self.slots)
        };
        self.cx.observe(Fact::Capacity(capacity));
    }

    /// Sends a status report to the server and schedules the next one.
    fn report(&mut self) {
        self.load.judge(self.cx.now, &self.slots);
        self.note_capacity();
        let draining = self.phase != Phase::Open;
        let full = self.is_full();
        if full != self.was_full {
            self.was_full = full;
            self.cx.observe(Fact::Full(full));
        }
        if !self.connection.is_registered() {
            return;
        }
        let status = Status {
            full,
            load: self.load.report(&self.slots, full),
            jobs: u32::try_from(self.calls()).unwrap_or(u32::MAX),
            draining,
            seq: self.connection.next_seq(),
        };
        self.cx.send(Command::Status(status));
        self.cx.within(Timer::Status, STATUS_EVERY);
    }
}
