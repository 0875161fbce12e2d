//! Claims: which room gets a new dispatch, and when.

use std::time::{Duration, Instant};

use super::WaitingRooms;
use super::candidate::{Candidate, Claim, TAKEN_WITHIN};
use super::event::{Action, Fact, Outcome};
use super::inspect::INSPECTIONS_AT_ONCE;

/// Maximum pending claims. The next one waits until a worker takes one of them.
const CLAIMS_AT_ONCE: usize = 4;

/// How long the worker claims nothing after it had to refuse a room that it had claimed.
pub(crate) const HOLD: Duration = Duration::from_secs(1);

impl WaitingRooms {
    /// Claims the rooms that have waited longest, as many as the worker has capacity for.
    pub(crate) fn advance_claims(&mut self) {
        self.forget_claims();
        let under_way = |it: &&Candidate| it.claim != Claim::None;
        let under_way = self.candidates.values().filter(under_way).count();
        let limit = self.worker.free.min(CLAIMS_AT_ONCE);
        if under_way >= limit || self.now < self.hold_until {
            return;
        }
        let is_due = |room: &str, it: &Candidate| {
            it.is_open()
                && !self.worker.rooms.contains_key(room)
                && it.settled_at(self.cache.had_agent(room)) <= self.now
        };
        let due = self.candidates.iter().filter(|(room, it)| is_due(room, it));
        let mut due: Vec<_> = due.map(|(room, it)| (it.since, room.clone())).collect();
        due.sort();
        for (_, room) in due.into_iter().take(limit - under_way) {
            self.claim(room);
        }
    }

    /// Claims the room, or queries it first if the last query is too old.
    fn claim(&mut self, room: String) {
        let Some(candidate) = self.candidates.get_mut(&room) else {
            return;
        };
        if !candidate.is_fresh(self.now) {
            if self.inspections < INSPECTIONS_AT_ONCE {
                self.inspect(room);
            }
        } else if let Some(dispatch) = candidate.dispatch() {
            candidate.claim = Claim::Asked;
            self.actions.push_back(Action::Claim { room, dispatch });
        }
    }

    /// Drops claims whose new dispatch no worker took in time.
    fn forget_claims(&mut self) {
        for (room, candidate) in &mut self.candidates {
            if let Claim::Made(at) = candidate.claim
                && at + TAKEN_WITHIN <= self.now
            {
                candidate.claim = Claim::None;
                candidate.inspect_at = self.now;
                candidate.not_before = self.cache.not_before(room, self.now);
            }
        }
    }

    pub(crate) fn claimed(&mut self, room: &str, outcome: Outcome) {
        self.observe(Fact::Claimed {
            room: room.to_owned(),
            outcome,
        });
        let now = self.now;
        if outcome == Outcome::Dispatched {
            self.cache.claimed(now, room);
        }
        let again = self.cache.not_before(room, now);
        let Some(candidate) = self.candidates.get_mut(room) else {
            return;
        };
        candidate.claim = match outcome {
            // This worker may already have taken the new dispatch.
            Outcome::Dispatched if self.worker.rooms.contains_key(room) => Claim::None,
            Outcome::Dispatched if candidate.claim == Claim::Asked => Claim::Made(now),
            _ => Claim::None,
        };
        candidate.not_before = match outcome {
            Outcome::Dispatched => again,
            Outcome::Lost => now,
            Outcome::Failed => now + HOLD * 2,
        };
        candidate.is_confirmed = outcome != Outcome::Lost && candidate.is_confirmed;
        candidate.inspect_at = now + HOLD / 2;
    }

    /// When the room can be claimed, or when its pending claim expires.
    pub(crate) fn claim_due(&self, room: &str, candidate: &Candidate) -> Option<Instant> {
        match candidate.claim {
            Claim::Made(at) => Some(at + TAKEN_WITHIN),
            Claim::None if candidate.is_open() && self.worker.free > 0 => {
                let settled = candidate.settled_at(self.cache.had_agent(room));
                Some(settled.max(self.hold_until))
            }
            _ => None,
        }
    }
}
