//! What a worker shows of itself: written by its edges, read by the health server.

use std::collections::BTreeMap;
use std::time::Instant;

use parking_lot::Mutex;
use parlor_core::cells;
use parlor_core::dispatch::{
    Action, Command, Fact, JobResult, JobStatus, JobType, Refusal, Settings,
};
use parlor_core::ids::JobId;
use serde::Serialize;
use tokio::sync::watch;

use crate::clock;
use crate::session::Counts;

use super::metrics::Metrics;

/// What a worker shows of itself.
#[derive(Debug)]
pub struct Board {
    agent_name: String,
    worker_type: &'static str,
    metrics: Metrics,
    registered: watch::Sender<bool>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    draining: bool,
    load: f32,
    calls: BTreeMap<JobId, Call>,
    /// Offers that were taken and are not assigned yet.
    taken: BTreeMap<JobId, Instant>,
}

#[derive(Debug)]
struct Call {
    room: String,
    since: Instant,
    running: bool,
    /// How often it went on in another cell.
    moved: u32,
}

/// LiveKit's `WorkerInfo`, as `GET /worker` of its own SDKs gives it.
#[derive(Debug, Serialize)]
pub struct WorkerInfo {
    agent_name: String,
    worker_type: &'static str,
    worker_load: f32,
    active_jobs: usize,
    sdk_version: &'static str,
    /// LiveKit Cloud reads off it whether deployments are understood.
    protocol_version: u32,
}

/// One call, without a word of what is said in it.
#[derive(Debug, Serialize)]
pub struct CallInfo {
    job: String,
    room: String,
    stage: &'static str,
    seconds: u64,
    moved: u32,
}

impl Board {
    /// The board of a worker that is about to start.
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
            inner: Mutex::default(),
        }
    }

    /// Takes in what the worker is about to do.
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
                inner.calls.remove(job);
                self.metrics.ended(*result == JobResult::Success);
            }
            // Its end is told to the server later: it is over all the same.
            Action::Release(job) => drop(inner.calls.remove(job)),
            _ => {}
        }
        self.metrics
            .now(inner.calls.len(), inner.load, self.is_registered());
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
            }
            Fact::Capacity(capacity) => self.metrics.capacity(capacity),
            Fact::Full(true) => self.metrics.full(),
            Fact::Draining { .. } => inner.draining = true,
            Fact::Full(false) | Fact::GoAway { .. } | Fact::Kept(_) => {}
        }
    }

    /// Takes in what was counted inside calls.
    pub fn counted(&self, counts: &Counts) {
        self.metrics.counted(counts);
    }

    /// Takes in how many processes there are.
    pub fn cells(&self, processes: usize) {
        self.metrics.cells(processes);
    }

    /// Takes in what became of a cell, or of a call because of it.
    pub fn cell(&self, fact: &cells::Fact) {
        use cells::{Fact, Killed, Retired};
        match fact {
            Fact::Ready(..) => self.metrics.cell("ready", ""),
            Fact::Retired(_, Retired::Calls) => self.metrics.cell("retired", "calls"),
            Fact::Retired(_, Retired::Memory) => self.metrics.cell("retired", "memory"),
            Fact::Killed(_, Killed::NotReady) => self.metrics.cell("killed", "not_ready"),
            Fact::Killed(_, Killed::Silent) => self.metrics.cell("killed", "silent"),
            Fact::Killed(_, Killed::Memory) => self.metrics.cell("killed", "memory"),
            Fact::Gone { how: Some(_), .. } => self.metrics.cell("died", ""),
            Fact::Gone { .. } | Fact::Silent(..) => {}
            Fact::Adopted(job, took) => {
                self.metrics.adopted(*took);
                if let Some(call) = self.inner.lock().calls.get_mut(job) {
                    call.moved += 1;
                }
            }
        }
    }

    /// Whether the server knows the worker.
    pub fn is_registered(&self) -> bool {
        *self.registered.borrow()
    }

    /// Waits until the server knows the worker.
    pub async fn registered(&self) {
        let mut registered = self.registered.subscribe();
        // It ends with the board only.
        registered.wait_for(|it| *it).await.ok();
    }

    /// Whether the worker may be given calls.
    pub fn is_ready(&self) -> bool {
        self.is_registered() && !self.inner.lock().draining
    }

    /// For `GET /worker`.
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

    /// For `GET /calls`.
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

    /// For `GET /metrics`.
    pub fn metrics(&self) -> String {
        self.metrics.page()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use parlor_core::dispatch::{Assignment, Capacity, Job};
    use parlor_core::private::Secret;

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

    fn status(status: JobStatus) -> Action {
        Action::Send(Command::Job("AJ_1".into(), status))
    }

    #[test]
    fn a_call_is_shown_from_its_start_to_its_end() {
        let board = Board::new(&Settings::default());
        board.note(&start());
        assert_eq!(board.worker().active_jobs, 1);
        let calls = serde_json::to_string(&board.calls()).unwrap();
        assert!(
            calls.contains("\"kitchen\"") && calls.contains("starting"),
            "{calls}"
        );
        assert!(
            !calls.contains("private") && !calls.contains("token"),
            "{calls}"
        );
        board.note(&status(JobStatus::Running));
        assert!(
            serde_json::to_string(&board.calls())
                .unwrap()
                .contains("running")
        );
        board.note(&status(JobStatus::Ended(JobResult::Success)));
        board.note(&Action::Release("AJ_1".into()));
        assert!(board.calls().is_empty());
        let page = board.metrics();
        assert!(
            page.contains("parlor_calls_total{outcome=\"success\"} 1"),
            "{page}"
        );
        assert!(page.contains("lk_agents_active_job_count 0"), "{page}");
    }

    #[test]
    fn what_a_call_costs_is_shown() {
        let board = Board::new(&Settings::default());
        board.note(&Action::Observe(Fact::Capacity(Capacity {
            price: 0.25,
            expected: 0.5,
            ..Capacity::default()
        })));
        let page = board.metrics();
        for line in [
            "parlor_call_price_ratio 0.25",
            "parlor_expected_load_ratio 0.5",
        ] {
            assert!(page.contains(line), "{page}");
        }
    }

    #[test]
    fn ready_is_registered_and_not_about_to_end() {
        let board = Board::new(&Settings::default());
        assert!(!board.is_ready());
        let worker_id = "AW_1".to_owned();
        board.note(&Action::Observe(Fact::Registered { worker_id }));
        assert!(board.is_ready() && board.is_registered());
        board.note(&Action::Observe(Fact::Draining { jobs: 2 }));
        assert!(!board.is_ready() && board.is_registered());
        board.note(&Action::Disconnect);
        assert!(!board.is_registered());
    }
}
