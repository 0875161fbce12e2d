//! Who has a slot: calls that were promised, calls that are made.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Job;
use crate::ids::JobId;

/// From accepting an offer to the assignment; the SDKs of LiveKit wait as long.
pub(super) const ASSIGNED_WITHIN: Duration = Duration::from_millis(7_500);

/// How long after a call has moved the server may still end it for that.
pub(super) const MOVED_FOR: Duration = Duration::from_secs(30);

/// The calls of a worker; never more than there are slots.
#[derive(Debug)]
pub(super) struct Slots {
    limit: usize,
    jobs: BTreeMap<JobId, Slot>,
    /// Calls that have moved, and until when the server may end them for that.
    moved: BTreeMap<JobId, Instant>,
}

#[derive(Debug)]
struct Slot {
    stage: Stage,
    room: String,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Accepted, until then not assigned.
    Reserved(Instant),
    /// Assigned, not in its room yet.
    Starting,
    /// In its room.
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

    /// Whether there is a call in `room`, or one is promised.
    pub(super) fn is_in(&self, room: &str) -> bool {
        self.jobs.values().any(|slot| slot.room == room)
    }

    /// Keeps a slot for `job`, or keeps it longer; whether there is one.
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

    /// Turns a promise into a call. A promise that was forgotten counts if there is a slot.
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

    /// The call is in its room; whether that is news.
    pub(super) fn run(&mut self, job: &JobId) -> bool {
        match self.jobs.get_mut(job) {
            Some(slot) if slot.stage == Stage::Starting => {
                slot.stage = Stage::Running;
                true
            }
            _ => false,
        }
    }

    /// The call joins its room again.
    pub(super) fn moved(&mut self, now: Instant, job: &JobId) {
        if self.jobs.contains_key(job) {
            self.moved.insert(job.clone(), now + MOVED_FOR);
        }
    }

    /// Whether the call has moved just now; the server ends it for that only once.
    pub(super) fn take_moved(&mut self, now: Instant, job: &JobId) -> bool {
        self.moved.remove(job).is_some_and(|until| now < until)
    }

    /// Frees the slot of `job`; how far it was.
    pub(super) fn free(&mut self, job: &JobId) -> Option<Stage> {
        self.moved.remove(job);
        self.jobs.remove(job).map(|slot| slot.stage)
    }

    /// Frees the slots of promises that nobody kept.
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

    /// Forgets every promise.
    pub(super) fn forget_promises(&mut self) {
        let is_call = |slot: &Slot| !matches!(slot.stage, Stage::Reserved(_));
        self.jobs.retain(|_, slot| is_call(slot));
    }

    /// When the next promise is forgotten.
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

    /// Calls that are made or promised.
    pub(super) fn taken(&self) -> usize {
        self.jobs.len()
    }

    /// Slots taken, from 0 to 1.
    pub(super) fn share(&self) -> f32 {
        self.jobs.len() as f32 / self.limit as f32
    }

    /// Calls that are made, by name.
    pub(super) fn calls(&self) -> impl Iterator<Item = &JobId> {
        let is_call =
            |(job, slot): (_, &Slot)| (!matches!(slot.stage, Stage::Reserved(_))).then_some(job);
        self.jobs.iter().filter_map(is_call)
    }

    /// Calls in their rooms.
    pub(super) fn running(&self) -> usize {
        let stages = self.jobs.values();
        stages.filter(|slot| slot.stage == Stage::Running).count()
    }

    /// Calls that are not in their rooms yet.
    pub(super) fn to_come(&self) -> usize {
        self.jobs.len() - self.running()
    }
}
