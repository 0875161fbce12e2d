//! The worker's side of LiveKit's dispatch as a state machine: registration, offers, slots,
//! reports, reconnects, the end. Protobuf, sockets and processes are not known here.
//!
//! An offer is answered at once, from a reservation: the server gives the whole dispatch 3 s and
//! does not ask again. A slot is promised once, and free again when the promise is not kept.
//! Calls outlive the socket; what the server must know of them is told after the next
//! registration.

mod action;
mod context;
mod event;
mod link;
mod load;
mod settings;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::conversation::AgentState;
use crate::ids::{Identity, JobId};

use context::{Context, Timer};
use link::Link;
use load::Load;
use slots::{Slots, Stage};

pub use action::{Action, Answer, Command, Fact, JobStatus, Refusal, Status, StopReason};
pub use event::{Assignment, Event, Job, JobResult, ServerEvent};
pub use settings::{JobType, Permissions, Settings};

/// How often the server is told how the worker is.
const STATUS_EVERY: Duration = Duration::from_millis(2_500);

/// How long calls that are stopped at the end may take to say goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_secs(5);

/// What the agent is called in its room by those who look for it.
const NAME_ATTRIBUTE: &str = "lk.agent.name";

/// One worker, from its start to its last call.
///
/// Driven like [`Conversation`](crate::conversation::Conversation): one event or timeout, then
/// `poll_action` until `None`, then `poll_timeout`. The last action is [`Action::Finish`], once.
#[derive(Debug)]
pub struct Dispatch {
    cx: Context,
    phase: Phase,
    agent_name: String,
    drain_within: Duration,
    link: Link,
    slots: Slots,
    load: Load,
    /// Ends that the server has not been told of; at most as many as calls end while it is away.
    untold: VecDeque<(JobId, JobStatus)>,
    was_full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Nothing more is taken; running calls go on.
    Draining,
    /// Running calls are stopped; so many were.
    Leaving {
        cut: usize,
    },
    Finished,
}

impl Dispatch {
    /// A worker that starts now. `seed` sets its waits apart from those of other workers.
    pub fn new(now: Instant, settings: Settings, seed: u64) -> Self {
        let mut dispatch = Self {
            cx: Context::new(now),
            phase: Phase::Open,
            agent_name: settings.agent_name.clone(),
            drain_within: settings.drain_within,
            slots: Slots::new(settings.slots),
            load: Load::new(settings.full_at),
            link: Link::new(settings, seed),
            untold: VecDeque::new(),
            was_full: false,
        };
        dispatch.link.connect(&mut dispatch.cx);
        dispatch
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Instant, event: Event) {
        if !self.wake(now) {
            return;
        }
        match event {
            Event::Opened => self.link.opened(&mut self.cx),
            Event::Lost(reason) => {
                self.cx.stop(Timer::Status);
                self.link.lost(&mut self.cx, reason);
            }
            Event::Server(event) => self.server(event),
            Event::Load(sample) => {
                self.load.sample(sample);
                if self.is_full() != self.was_full {
                    self.report();
                }
            }
            Event::Running(job) => {
                if self.slots.run(&job) {
                    self.tell(job, JobStatus::Running);
                }
            }
            Event::Ended(job, result) => self.ended(job, result),
            Event::Drain => self.drain(),
        }
        self.settle();
    }

    /// Takes in that the time of [`poll_timeout`](Self::poll_timeout) has come.
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
                Timer::Link => self.link.expired(&mut self.cx),
                Timer::Status => self.report(),
                Timer::Drain => self.stop_all(),
                Timer::Goodbye => self.finish(),
            }
        }
        self.settle();
    }

    /// What to do next; `None` when all is done.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.cx.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timer = self.cx.timers.next().map(|(_, at)| at);
        timer.into_iter().chain(self.slots.next_expiry()).min()
    }

    /// Whether the server knows the worker and may offer it calls.
    pub fn is_ready(&self) -> bool {
        self.link.is_registered() && self.phase == Phase::Open
    }

    /// Calls that are made.
    pub fn calls(&self) -> usize {
        self.slots.calls().count()
    }

    fn wake(&mut self, now: Instant) -> bool {
        debug_assert!(
            self.cx.actions.is_empty(),
            "poll_action until None comes before the next event"
        );
        self.cx.now = now;
        self.phase != Phase::Finished
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
                self.link.go_away(&mut self.cx);
            }
            ServerEvent::Other => {}
        }
    }

    fn registered(&mut self, worker_id: String) {
        if !self.link.registered(&mut self.cx, worker_id) {
            return;
        }
        let calls: Vec<_> = self.slots.calls().cloned().collect();
        if !calls.is_empty() {
            self.cx.send(Command::Migrate(calls));
        }
        self.report();
        for (job, status) in std::mem::take(&mut self.untold) {
            self.cx.send(Command::Job(job, status));
        }
    }

    /// Answers at once. Who makes the call already, or was promised it, says yes again.
    fn offered(&mut self, job: &Job) {
        let refusal = match self.phase {
            _ if self.slots.stage(&job.id).is_some() => None,
            Phase::Open if self.slots.is_full() => Some(Refusal::NoSlot),
            Phase::Open if self.load.is_enough(&self.slots) => Some(Refusal::Load),
            Phase::Open => None,
            _ => Some(Refusal::Draining),
        };
        let answer = match refusal {
            None => {
                self.slots.reserve(self.cx.now, &job.id);
                self.accept(job)
            }
            Some(_) => Answer::Refuse {
                job: job.id.clone(),
            },
        };
        self.cx.send(Command::Answer(answer));
        let answered = refusal.map_or(Ok(()), Err);
        self.cx.observe(Fact::Answered(job.id.clone(), answered));
        self.report();
    }

    /// The identity holds the job's name: two jobs in one room must not throw each other out.
    fn accept(&self, job: &Job) -> Answer {
        let attributes = [
            (NAME_ATTRIBUTE, self.agent_name.as_str()),
            (AgentState::ATTRIBUTE, AgentState::Initializing.as_str()),
        ];
        Answer::Accept {
            job: job.id.clone(),
            identity: Identity::from(format!("agent-{}", job.id)),
            name: self.agent_name.clone(),
            attributes: HashMap::from(
                attributes.map(|(key, value)| (key.to_owned(), value.to_owned())),
            ),
        }
    }

    /// An assignment counts even when its promise was forgotten, as long as there is a slot: the
    /// server counts on us and asks nobody else.
    fn assigned(&mut self, assignment: Assignment) {
        let job = assignment.job.id.clone();
        match self.slots.stage(&job) {
            Some(Stage::Starting | Stage::Running) => {}
            _ if self.phase != Phase::Open && self.slots.stage(&job).is_none() => {
                self.refuse_assigned(job);
            }
            _ if self.slots.start(&job) => {
                self.cx.act(Action::Start(assignment));
                self.report();
            }
            _ => self.refuse_assigned(job),
        }
    }

    fn refuse_assigned(&mut self, job: JobId) {
        let failed = JobResult::Failed("the worker has no slot any more".to_owned());
        self.tell(job, JobStatus::Ended(failed));
    }

    /// The server has ended a call: a promise is void, a call says goodbye.
    fn terminated(&mut self, job: &JobId) {
        match self.slots.stage(job) {
            Some(Stage::Reserved(_)) => {
                self.slots.free(job);
                self.cx.observe(Fact::NotAssigned(job.clone()));
                self.report();
            }
            Some(Stage::Starting | Stage::Running) => {
                let stop = Action::Stop(job.clone(), StopReason::Terminated);
                self.cx.act(stop);
            }
            None => {}
        }
    }

    /// The status is told before the room is left: a worker that just leaves has failed.
    fn ended(&mut self, job: JobId, result: JobResult) {
        if matches!(self.slots.stage(&job), None | Some(Stage::Reserved(_))) {
            return;
        }
        self.slots.free(&job);
        self.tell(job.clone(), JobStatus::Ended(result));
        self.cx.act(Action::Release(job));
        self.report();
    }

    fn tell(&mut self, job: JobId, status: JobStatus) {
        if self.link.is_registered() {
            self.cx.send(Command::Job(job, status));
        } else {
            self.untold.retain(|(told, _)| *told != job);
            self.untold.push_back((job, status));
        }
    }

    fn drain(&mut self) {
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
    fn stop_all(&mut self) {
        let calls: Vec<_> = self.slots.calls().cloned().collect();
        self.phase = Phase::Leaving { cut: calls.len() };
        for job in calls {
            self.cx.act(Action::Stop(job, StopReason::Drained));
        }
        self.cx.within(Timer::Goodbye, GOODBYE_WITHIN);
    }

    /// Ends once there is nothing left to end.
    fn settle(&mut self) {
        let is_over = matches!(self.phase, Phase::Draining | Phase::Leaving { .. });
        if is_over && self.slots.is_empty() {
            self.finish();
        }
    }

    fn finish(&mut self) {
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

    /// Whether the next offer would be refused.
    fn is_full(&self) -> bool {
        self.phase != Phase::Open || self.slots.is_full() || self.load.is_enough(&self.slots)
    }

    /// Tells the server how the worker is, now and again in a while.
    fn report(&mut self) {
        let draining = self.phase != Phase::Open;
        let full = self.is_full();
        if full != self.was_full {
            self.was_full = full;
            self.cx.observe(Fact::Full(full));
        }
        if !self.link.is_registered() {
            return;
        }
        let status = Status {
            full,
            load: self.load.report(&self.slots, full),
            jobs: u32::try_from(self.calls()).unwrap_or(u32::MAX),
            draining,
            seq: self.link.next_seq(),
        };
        self.cx.send(Command::Status(status));
        self.cx.within(Timer::Status, STATUS_EVERY);
    }
}
