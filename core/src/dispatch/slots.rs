//! Who has a slot: calls that were promised, calls that are made.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::ids::JobId;

/// From accepting an offer to the assignment; the SDKs of LiveKit wait as long.
pub(super) const ASSIGNED_WITHIN: Duration = Duration::from_millis(7_500);

/// The calls of a worker; never more than there are slots.
#[derive(Debug)]
pub(super) struct Slots {
    limit: usize,
    jobs: BTreeMap<JobId, Stage>,
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
        }
    }

    pub(super) fn stage(&self, job: &JobId) -> Option<Stage> {
        self.jobs.get(job).copied()
    }

    /// Keeps a slot for `job`, or keeps it longer; whether there is one.
    pub(super) fn reserve(&mut self, now: Instant, job: &JobId) -> bool {
        if self.is_full() && !self.jobs.contains_key(job) {
            return false;
        }
        let reserved = Stage::Reserved(now + ASSIGNED_WITHIN);
        match self.jobs.get_mut(job) {
            Some(stage @ Stage::Reserved(_)) => *stage = reserved,
            Some(_) => {}
            None => {
                self.jobs.insert(job.clone(), reserved);
            }
        }
        true
    }

    /// Turns a promise into a call. A promise that was forgotten counts if there is a slot.
    pub(super) fn start(&mut self, job: &JobId) -> bool {
        if self.is_full() && !self.jobs.contains_key(job) {
            return false;
        }
        self.jobs.insert(job.clone(), Stage::Starting);
        true
    }

    /// The call is in its room; whether that is news.
    pub(super) fn run(&mut self, job: &JobId) -> bool {
        match self.jobs.get_mut(job) {
            Some(stage @ Stage::Starting) => {
                *stage = Stage::Running;
                true
            }
            _ => false,
        }
    }

    /// Frees the slot of `job`; how far it was.
    pub(super) fn free(&mut self, job: &JobId) -> Option<Stage> {
        self.jobs.remove(job)
    }

    /// Frees the slots of promises that nobody kept.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<JobId> {
        let mut due = Vec::new();
        self.jobs.retain(|job, stage| {
            let is_due = matches!(stage, Stage::Reserved(until) if *until <= now);
            if is_due {
                due.push(job.clone());
            }
            !is_due
        });
        due
    }

    /// When the next promise is forgotten.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        let expiries = self.jobs.values().filter_map(|stage| match stage {
            Stage::Reserved(until) => Some(*until),
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

    /// Slots taken, from 0 to 1.
    pub(super) fn share(&self) -> f32 {
        self.jobs.len() as f32 / self.limit as f32
    }

    /// Calls that are made, by name.
    pub(super) fn calls(&self) -> impl Iterator<Item = &JobId> {
        let is_call =
            |(job, stage): (_, &Stage)| (!matches!(stage, Stage::Reserved(_))).then_some(job);
        self.jobs.iter().filter_map(is_call)
    }

    /// Calls in their rooms.
    pub(super) fn running(&self) -> usize {
        let stages = self.jobs.values();
        stages.filter(|stage| **stage == Stage::Running).count()
    }

    /// Calls that do not show in the machine's load yet.
    pub(super) fn to_come(&self) -> usize {
        self.jobs.len() - self.running()
    }
}
