//! Status of a worker: written by its edges, read by the health server.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use parking_lot::Mutex;
use parlor_common::clock;
use parlor_core::cells;
use parlor_core::dispatch::{
    Action, Capacity, Command, Fact, JobResult, JobStatus, JobType, Refusal, Settings,
};
use parlor_core::ids::JobId;
use parlor_core::waiting_rooms::{self, Worker};
use serde::Serialize;
use tokio::sync::{Notify, watch};

use super::metrics::Metrics;
use super::room_events::RoomEvents;
use crate::session::Counts;

/// Status of a worker: registration, calls, capacity, and metrics.
#[derive(Debug)]
pub struct WorkerStatus {
    agent_name: String,
    worker_type: &'static str,
    metrics: Metrics,
    registered: watch::Sender<bool>,
    slots: usize,
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    draining: bool,
    full: bool,
    capacity: Capacity,
    load: f32,
    calls: BTreeMap<JobId, Call>,
    /// Calls that have left their rooms but whose end has not been reported to the server yet.
    unreported: BTreeMap<JobId, Call>,
    /// Job offers that were accepted and are not assigned yet.
    taken: BTreeMap<JobId, Instant>,
    room_events: RoomEvents,
    /// How many rooms are waiting, and since when the first of them is.
    waiting: (usize, Option<Instant>),
}

#[derive(Debug)]
struct Call {
    room: String,
    since: Instant,
    running: bool,
    /// How often the call has moved to another cell.
    moved: u32,
}

/// Body of `GET /worker`: the same JSON as in LiveKit's SDKs.
#[derive(Debug, Serialize)]
pub struct WorkerInfo {
    agent_name: String,
    worker_type: &'static str,
    worker_load: f32,
    active_jobs: usize,
    sdk_version: &'static str,
    /// LiveKit Cloud reads from it whether the worker supports deployments.
    protocol_version: u32,
}

/// A call in the body of `GET /calls`. Contains nothing that was said.
#[derive(Debug, Serialize)]
pub struct CallInfo {
    job: String,
    room: String,
    stage: &'static str,
    seconds: u64,
    moved: u32,
}

impl WorkerStatus {
    /// Status of a worker that is about to start.
    pub fn new(settings: &Settings) -> Self {
        Self {
            agent_name: settings.agent_name.clone(),
            worker_type: match settings.job_type {
                JobType::Room => "JT_ROOM",
                JobType::Publisher => "JT_PUBLISHER",
                JobType::Participant => "JT_PARTICIPANT",
            },
            metrics: Metrics::default(),
            registered: watch::Sender::default(),
            slots: settings.slots,
            inner: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Records an action that the worker is about to carry out.
    pub fn note(&self, action: &Action) {
        let inner = &mut *self.inner.lock();
        match action {
            Action::Observe(fact) => self.fact(inner, fact),
            Action::Disconnect => self.register(false),
            Action::Start(assignment) => {
                let call = Call {
                    room: assignment.job.room.clone(),
                    since: clock::now(),
                    running: false,
                    moved: 0,
                };
                if let Some(taken) = inner.taken.remove(&assignment.job.id) {
                    self.metrics.assigned(call.since - taken);
                }
                inner.calls.insert(assignment.job.id.clone(), call);
            }
            Action::Send(Command::Status(status)) => inner.load = status.load,
            Action::Send(Command::Job(job, JobStatus::Running)) => {
                if let Some(call) = inner.calls.get_mut(job) {
                    call.running = true;
                    self.metrics.started(clock::now() - call.since);
                }
            }
            Action::Send(Command::Job(job, JobStatus::Ended(result))) => {
                let call = inner.calls.remove(job);
                let call = call.or_else(|| inner.unreported.remove(job));
                let is_success = *result == JobResult::Success;
                self.metrics.ended(is_success);
                // An agent that served the whole room may have hung up on its callers.
                if let Some(Call { room, .. }) = call
                    && is_success
                    && self.worker_type == "JT_ROOM"
                {
                    self.push_room_event(inner, waiting_rooms::Event::Ended { room });
                }
            }
            // The call is over, although its end is reported to the server only later.
            Action::Release(job) => {
                if let Some(call) = inner.calls.remove(job) {
                    inner.unreported.insert(job.clone(), call);
                }
            }
            _ => {}
        }
        self.metrics
            .now(inner.calls.len(), inner.load, self.is_registered());
        self.changed.notify_one();
    }

    fn push_room_event(&self, inner: &mut Inner, event: waiting_rooms::Event) {
        if inner.room_events.push(event) {
            self.metrics.rooms.dropped();
        }
    }

    fn register(&self, registered: bool) {
        self.registered.send_replace(registered);
    }

    fn fact(&self, inner: &mut Inner, fact: &Fact) {
        match fact {
            Fact::Registered { .. } => self.register(true),
            Fact::Lost { .. } => {
                self.register(false);
                self.metrics.lost();
            }
            Fact::Answered(job, Ok(())) => {
                inner.taken.insert(job.clone(), clock::now());
                self.metrics.answered("accepted");
            }
            Fact::Answered(_, Err(refusal)) => self.metrics.answered(match refusal {
                Refusal::NoSlot => "no_slot",
                Refusal::Load => "load",
                Refusal::Draining => "draining",
                Refusal::AlreadyThere => "already_there",
            }),
            Fact::NotAssigned(job) => {
                inner.taken.remove(job);
                self.metrics.not_assigned();
                self.push_room_event(inner, waiting_rooms::Event::NotAssigned);
            }
            Fact::OfferRefused { room, dispatch } => {
                let (room, dispatch) = (room.clone(), dispatch.clone());
                self.push_room_event(inner, waiting_rooms::Event::Refused { room, dispatch });
            }
            Fact::Full(full) => {
                inner.full = *full;
                if *full {
                    self.metrics.full();
                }
            }
            Fact::Capacity(capacity) => {
                inner.capacity = *capacity;
                self.metrics.capacity(capacity);
            }
            Fact::Draining { .. } => inner.draining = true,
            Fact::GoAway { .. } | Fact::TerminationIgnored(_) => {}
        }
    }

    /// Adds counts of calls.
    pub fn counted(&self, counts: &Counts) {
        self.metrics.counted(counts);
    }

    /// Sets the number of cells.
    pub fn cells(&self, processes: usize) {
        self.metrics.cells(processes);
    }

    /// Records what happened to a cell, or to a call because of its cell.
    pub fn cell(&self, fact: &cells::Fact) {
        use cells::{Fact, Killed, Retired};
        match fact {
            Fact::Ready(..) => self.metrics.cell("ready", ""),
            Fact::Retired(_, Retired::Calls) => self.metrics.cell("retired", "calls"),
            Fact::Retired(_, Retired::Memory) => self.metrics.cell("retired", "memory"),
            Fact::Killed(_, Killed::NotReady) => self.metrics.cell("killed", "not_ready"),
            Fact::Killed(_, Killed::Silent) => self.metrics.cell("killed", "silent"),
            Fact::Killed(_, Killed::Memory) => self.metrics.cell("killed", "memory"),
            Fact::Exited { how: Some(_), .. } => self.metrics.cell("died", ""),
            Fact::Exited { .. } | Fact::Silent(..) => {}
            Fact::Resumed(job, took) => {
                self.metrics.resumed(*took);
                if let Some(call) = self.inner.lock().calls.get_mut(job) {
                    call.moved += 1;
                }
            }
        }
    }

    /// Returns whether the worker is registered with the server.
    pub fn is_registered(&self) -> bool {
        *self.registered.borrow()
    }

    /// Waits until the worker is registered with the server.
    pub async fn registered(&self) {
        let mut registered = self.registered.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        registered.wait_for(|it| *it).await.ok();
    }

    /// Returns whether the worker is registered and not draining.
    pub fn is_ready(&self) -> bool {
        self.is_registered() && !self.inner.lock().draining
    }

    /// Waits until the result of [`rooms`](Self::rooms) may have changed.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The state of the worker, and the room events since the previous call of this method.
    pub fn rooms(&self) -> (Worker, VecDeque<waiting_rooms::Event>) {
        let ready = self.is_ready();
        let inner = &mut *self.inner.lock();
        let taken = inner.calls.len() + inner.taken.len();
        let slots = self.slots.saturating_sub(taken);
        let calls = inner.calls.values();
        let worker = Worker {
            ready,
            free: if inner.full {
                0
            } else {
                slots.min(more(&inner.capacity))
            },
            rooms: calls.map(|it| (it.room.clone(), it.running)).collect(),
        };
        (worker, inner.room_events.take())
    }

    /// Sets how many rooms are waiting, and since when the first of them is.
    pub fn rooms_wait(&self, rooms: usize, since: Option<Instant>) {
        self.inner.lock().waiting = (rooms, since);
    }

    /// Records what happened to a waiting room.
    pub fn room(&self, fact: &waiting_rooms::Fact) {
        self.metrics.rooms.fact(fact);
    }

    /// Counts a request to the server about a room.
    pub fn asked(&self, request: &'static str) {
        self.metrics.rooms.asked(request);
    }

    /// Body of `GET /worker`.
    pub fn worker(&self) -> WorkerInfo {
        let inner = self.inner.lock();
        WorkerInfo {
            agent_name: self.agent_name.clone(),
            worker_type: self.worker_type,
            worker_load: inner.load,
            active_jobs: inner.calls.len(),
            sdk_version: env!("CARGO_PKG_VERSION"),
            protocol_version: 1,
        }
    }

    /// Body of `GET /calls`.
    pub fn calls(&self) -> Vec<CallInfo> {
        let now = clock::now();
        let info = |(job, call): (&JobId, &Call)| CallInfo {
            job: job.to_string(),
            room: call.room.clone(),
            stage: if call.running { "running" } else { "starting" },
            moved: call.moved,
            seconds: now.saturating_duration_since(call.since).as_secs(),
        };
        self.inner.lock().calls.iter().map(info).collect()
    }

    /// Body of `GET /metrics`.
    pub fn metrics(&self) -> String {
        let (rooms, since) = self.inner.lock().waiting;
        let longest = since.map(|since| clock::now().saturating_duration_since(since));
        let longest = longest.unwrap_or_default();
        self.metrics.rooms.waiting(rooms, longest);
        self.metrics.page()
    }
}

/// How many more calls the machine can handle: at least one while the worker is not full.
fn more(capacity: &Capacity) -> usize {
    let Some(full_at) = capacity.full_at else {
        return usize::MAX;
    };
    let calls = (full_at - capacity.expected) / capacity.call_cost;
    // NaN: the CPU cost of a call is not known yet.
    if calls.is_nan() {
        1
    } else {
        (calls as usize).max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use parlor_core::dispatch::{Assignment, Capacity, Job};
    use parlor_core::secret::Secret;

    use super::*;

    fn start() -> Action {
        Action::Start(Assignment {
            job: Job {
                id: "AJ_1".into(),
                job_type: JobType::Room,
                room: "kitchen".to_owned(),
                participant: None,
                dispatch_id: String::new(),
                metadata: "private words".to_owned().into(),
                attributes: HashMap::new(),
                resuming: false,
            },
            url: None,
            token: Secret::new("token"),
        })
    }

    fn job_is(status: JobStatus) -> Action {
        Action::Send(Command::Job("AJ_1".into(), status))
    }

    #[test]
    fn a_call_is_shown_from_its_start_to_its_end() {
        let status = WorkerStatus::new(&Settings::default());
        status.note(&start());
        assert_eq!(status.worker().active_jobs, 1);
        let calls = serde_json::to_string(&status.calls()).unwrap();
        assert!(
            calls.contains("\"kitchen\"") && calls.contains("starting"),
            "{calls}"
        );
        assert!(
            !calls.contains("private") && !calls.contains("token"),
            "{calls}"
        );
        status.note(&job_is(JobStatus::Running));
        assert!(
            serde_json::to_string(&status.calls())
                .unwrap()
                .contains("running")
        );
        status.note(&job_is(JobStatus::Ended(JobResult::Success)));
        status.note(&Action::Release("AJ_1".into()));
        assert!(status.calls().is_empty());
        let page = status.metrics();
        assert!(
            page.contains("parlor_calls_total{outcome=\"success\"} 1"),
            "{page}"
        );
        assert!(page.contains("lk_agents_active_job_count 0"), "{page}");
    }

    #[test]
    fn rooms_reports_free_capacity_and_room_events() {
        let settings = Settings {
            slots: 3,
            ..Settings::default()
        };
        let status = WorkerStatus::new(&settings);
        status.note(&start());
        status.note(&Action::Observe(Fact::Answered("AJ_2".into(), Ok(()))));
        let (room, dispatch) = ("cellar".to_owned(), "AD_7".to_owned());
        status.note(&Action::Observe(Fact::OfferRefused { room, dispatch }));
        let (worker, events) = status.rooms();
        assert_eq!((worker.ready, worker.free), (false, 1));
        assert_eq!(worker.rooms.get("kitchen"), Some(&false));
        assert!(
            matches!(events.front(), Some(waiting_rooms::Event::Refused { room, .. }) if room == "cellar")
        );
        status.note(&Action::Observe(Fact::Full(true)));
        assert_eq!(status.rooms().0.free, 0);
        status.note(&job_is(JobStatus::Ended(JobResult::Success)));
        let (worker, events) = status.rooms();
        assert!(worker.rooms.is_empty());
        assert!(
            matches!(events.front(), Some(waiting_rooms::Event::Ended { room }) if room == "kitchen")
        );
    }

    #[test]
    fn a_released_call_counts_as_ended_once_its_end_is_reported() {
        let status = WorkerStatus::new(&Settings::default());
        status.note(&start());
        status.note(&Action::Release("AJ_1".into()));
        assert!(status.calls().is_empty() && status.rooms().1.is_empty());
        status.note(&job_is(JobStatus::Ended(JobResult::Success)));
        assert_eq!(status.rooms().1.len(), 1);
    }

    #[test]
    fn the_cpu_cost_of_a_call_is_shown() {
        let status = WorkerStatus::new(&Settings::default());
        status.note(&Action::Observe(Fact::Capacity(Capacity {
            call_cost: 0.25,
            expected: 0.5,
            ..Capacity::default()
        })));
        let page = status.metrics();
        for line in [
            "parlor_call_price_ratio 0.25",
            "parlor_expected_load_ratio 0.5",
        ] {
            assert!(page.contains(line), "{page}");
        }
    }

    #[test]
    fn ready_means_registered_and_not_draining() {
        let status = WorkerStatus::new(&Settings::default());
        assert!(!status.is_ready());
        let worker_id = "AW_1".to_owned();
        status.note(&Action::Observe(Fact::Registered { worker_id }));
        assert!(status.is_ready() && status.is_registered());
        status.note(&Action::Observe(Fact::Draining { jobs: 2 }));
        assert!(!status.is_ready() && status.is_registered());
        status.note(&Action::Disconnect);
        assert!(!status.is_registered());
    }
}
