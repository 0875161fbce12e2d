//! The slots of a worker: reserved for accepted offers, or taken by calls.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Job;
use crate::ids::JobId;

/// Deadline from accepting an offer to the assignment, as in LiveKit's SDKs.
pub(super) const ASSIGNED_WITHIN: Duration = Duration::from_millis(7_500);

/// How long after a call has moved the server may still terminate its job because the agent seemed
/// to leave.
pub(super) const MOVED_FOR: Duration = Duration::from_secs(30);

/// The slots of a worker, which are never more than its limit.
#[derive(Debug)]
pub(super) struct Slots {
    limit: usize,
    jobs: BTreeMap<JobId, Slot>,
    /// Calls that have moved, and until when a termination is put down to the move.
    moved: BTreeMap<JobId, Instant>,
}

#[derive(Debug)]
struct Slot {
    stage: Stage,
    room: String,
}

/// Stage of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Accepted. Reserved until this deadline.
    Reserved(Instant),
    /// Assigned. The agent has not joined the room yet.
    Starting,
    /// The agent is in the room.
    Running,
}

impl Slots {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            jobs: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    pub(super) fn stage(&self, job: &JobId) -> Option<Stage> {
        self.jobs.get(job).map(|slot| slot.stage)
    }

    /// Whether `room` has a call, or a slot is reserved for one.
    pub(super) fn is_in(&self, room: &str) -> bool {
        self.jobs.values().any(|slot| slot.room == room)
    }

    /// Reserves a slot for `job`, or extends its reservation. Returns whether there is a slot.
    pub(super) fn reserve(&mut self, now: Instant, job: &Job) -> bool {
        if self.is_full() && !self.jobs.contains_key(&job.id) {
            return false;
        }
        let reserved = Stage::Reserved(now + ASSIGNED_WITHIN);
        match self.jobs.get_mut(&job.id) {
            Some(slot) if matches!(slot.stage, Stage::Reserved(_)) => slot.stage = reserved,
            Some(_) => {}
            None => self.enter(job, reserved),
        }
        true
    }

    /// Turns a reservation into a call. Without a reservation it takes a free slot. Returns whether
    /// there is a slot.
    pub(super) fn start(&mut self, job: &Job) -> bool {
        if self.is_full() && !self.jobs.contains_key(&job.id) {
            return false;
        }
        self.enter(job, Stage::Starting);
        true
    }

    fn enter(&mut self, job: &Job, stage: Stage) {
        let room = job.room.clone();
        self.jobs.insert(job.id.clone(), Slot { stage, room });
    }

    /// Marks the call as running. Returns whether it was starting before.
    pub(super) fn run(&mut self, job: &JobId) -> bool {
        match self.jobs.get_mut(job) {
            Some(slot) if slot.stage == Stage::Starting => {
                slot.stage = Stage::Running;
                true
            }
            _ => false,
        }
    }

    /// Notes that the agent of the call is rejoining its room.
    pub(super) fn moved(&mut self, now: Instant, job: &JobId) {
        if self.jobs.contains_key(job) {
            self.moved.insert(job.clone(), now + MOVED_FOR);
        }
    }

    /// Whether the call moved within [`MOVED_FOR`]; `true` only once for each move.
    pub(super) fn take_moved(&mut self, now: Instant, job: &JobId) -> bool {
        self.moved.remove(job).is_some_and(|until| now < until)
    }

    /// Frees the slot of `job`. Returns its stage.
    pub(super) fn free(&mut self, job: &JobId) -> Option<Stage> {
        self.moved.remove(job);
        self.jobs.remove(job).map(|slot| slot.stage)
    }

    /// Frees the slots of expired reservations and returns their jobs.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<JobId> {
        let mut due = Vec::new();
        self.jobs.retain(|job, slot| {
            let is_due = matches!(slot.stage, Stage::Reserved(until) if until <= now);
            if is_due {
                due.push(job.clone());
            }
            !is_due
        });
        due
    }

    /// Frees all reserved slots.
    pub(super) fn forget_promises(&mut self) {
        let is_call = |slot: &Slot| !matches!(slot.stage, Stage::Reserved(_));
        self.jobs.retain(|_, slot| is_call(slot));
    }

    /// When the next reservation expires.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        let expiries = self.jobs.values().filter_map(|slot| match slot.stage {
            Stage::Reserved(until) => Some(until),
            _ => None,
        });
        expiries.min()
    }

    pub(super) fn is_full(&self) -> bool {
        self.jobs.len() >= self.limit
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Maximum concurrent calls.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Number of slots that are taken: by calls, or reserved for them.
    pub(super) fn taken(&self) -> usize {
        self.jobs.len()
    }

    /// Share of slots that are taken, 0 to 1.
    pub(super) fn share(&self) -> f32 {
        self.jobs.len() as f32 / self.limit as f32
    }

    /// The jobs that have calls.
    pub(super) fn calls(&self) -> impl Iterator<Item = &JobId> {
        let is_call =
            |(job, slot): (_, &Slot)| (!matches!(slot.stage, Stage::Reserved(_))).then_some(job);
        self.jobs.iter().filter_map(is_call)
    }

    /// Number of calls whose agent is in the room.
    pub(super) fn running(&self) -> usize {
        let stages = self.jobs.values();
        stages.filter(|slot| slot.stage == Stage::Running).count()
    }

    /// Number of slots that are taken but whose agent is not in the room yet.
    pub(super) fn to_come(&self) -> usize {
        self.jobs.len() - self.running()
    }
}
