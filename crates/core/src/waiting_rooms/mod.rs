//! Rooms whose callers have no agent: the worker finds them, counts them, and claims them when it
//! has capacity.
//!
//! An open-source LiveKit server offers a dispatch once. If all workers are full at that moment, or
//! the worker that took it dies, callers wait forever. So every worker looks for such rooms:
//! ```text
//! unknown ──▶ without an agent ──▶ waiting ──▶ claimed ──▶ served
//!    ▲          (may be on its way)               │
//!    └────────────── taken by nobody ◀────────────┘
//! ```
//!
//! A room counts only while it has a dispatch for this worker's agent name. To claim a room is to
//! delete that dispatch and create an identical one. The server deletes a dispatch only once, and
//! ends any call it had led to, so several workers that claim the same room bring one agent.

mod cache;
pub(crate) mod candidate;
mod claims;
mod event;
pub(crate) mod inspect;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use cache::Cache;
use candidate::{Candidate, Claim, WAITS_AFTER};
use inspect::{INSPECT_EVERY, LIST_SOON};

pub use event::{Action, DispatchView, Event, Fact, Listing, Outcome, View, Worker};

/// Maximum rooms that are followed at the same time; others are found later.
const CANDIDATES: usize = 1_000;

/// The rooms of a server as one worker sees them.
///
/// Driven like [`Dispatch`](crate::dispatch::Dispatch): pass in one event or timeout, call
/// `poll_action` until it returns `None`, then wait until `poll_timeout`.
#[derive(Debug)]
pub struct WaitingRooms {
    now: Instant,
    seed: u64,
    draws: u64,
    worker: Worker,
    cache: Cache,
    candidates: BTreeMap<String, Candidate>,
    /// Rooms to query because of the last list.
    queue: VecDeque<String>,
    inspections: usize,
    is_listing: bool,
    next_list: Instant,
    list_took: Duration,
    /// No claim before this time.
    hold_until: Instant,
    actions: VecDeque<Action>,
}

impl WaitingRooms {
    /// Creates the state machine of a worker that starts now. `seed` makes its random choices
    /// differ from those of other workers.
    pub fn new(now: Instant, seed: u64) -> Self {
        Self {
            now,
            seed,
            draws: 0,
            worker: Worker::default(),
            cache: Cache::default(),
            candidates: BTreeMap::new(),
            queue: VecDeque::new(),
            inspections: 0,
            is_listing: false,
            next_list: now,
            list_took: Duration::ZERO,
            hold_until: now,
            actions: VecDeque::new(),
        }
    }

    /// Handles an event.
    pub fn handle(&mut self, now: Instant, event: Event) {
        self.wake(now);
        match event {
            Event::Worker(worker) => self.worker(worker),
            Event::Refused { room, dispatch } => self.refused(room, dispatch),
            Event::Ended { room } => {
                if let Some(candidate) = self.follow(&room) {
                    candidate.ended = true;
                    candidate.inspect_at = now;
                }
            }
            Event::NotAssigned => self.list_within(Duration::ZERO),
            Event::Listed { rooms, took } => self.listed(&rooms, took),
            Event::NotListed => {
                self.is_listing = false;
                self.list_within(LIST_SOON * 2);
            }
            Event::Inspected { room, view } => self.inspected(&room, view),
            Event::Claimed { room, outcome } => self.claimed(&room, outcome),
        }
        self.advance();
    }

    /// Handles the expiry of the deadline from [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        self.wake(now);
        self.advance();
    }

    /// The next action, or `None` if there is nothing left to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), unless an event comes first.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.worker.ready {
            return None;
        }
        let list = (!self.is_listing).then_some(self.next_list);
        let candidates = self.candidates.iter().flat_map(|(room, candidate)| {
            let inspection = (!candidate.is_being_inspected).then_some(candidate.inspect_at);
            [
                inspection,
                self.claim_due(room, candidate),
                self.announce_due(room, candidate),
            ]
        });
        // Deadlines in the past are waiting for an answer, which triggers them.
        let all = list.into_iter().chain(candidates.flatten());
        all.filter(|at| *at > self.now).min()
    }

    /// Number of rooms known to be waiting, and since when the first of them has waited.
    pub fn waiting(&self) -> (usize, Option<Instant>) {
        let waiting = self.candidates.values().filter(|it| it.is_announced);
        (waiting.clone().count(), waiting.map(|it| it.since).min())
    }

    fn wake(&mut self, now: Instant) {
        debug_assert!(
            self.actions.is_empty(),
            "call poll_action until it returns None before handling the next event"
        );
        self.now = now;
    }

    fn observe(&mut self, fact: Fact) {
        self.actions.push_back(Action::Observe(fact));
    }

    /// Handles a change of the worker's state. Rooms of its own calls do not wait.
    fn worker(&mut self, worker: Worker) {
        let before = std::mem::replace(&mut self.worker, worker);
        let has_room_again = before.free == 0 && self.worker.free > 0;
        if self.worker.ready && (!before.ready || has_room_again) {
            self.hold_until = self.now;
            self.list_within(Duration::ZERO);
        }
        for (room, is_running) in self.worker.rooms.clone() {
            if is_running {
                self.cache.agent_seen(self.now, &room);
                self.cache.taken(&room);
                self.served(&room);
            } else if let Some(candidate) = self.candidates.get_mut(&room) {
                candidate.claim = Claim::None;
            }
        }
        for room in before.rooms.into_keys() {
            // If the call ended by itself, `Event::Ended` follows.
            if !self.is_ours(&room) && !self.candidates.contains_key(&room) {
                let inspect_at = self.now + INSPECT_EVERY;
                if let Some(candidate) = self.follow(&room) {
                    candidate.inspect_at = inspect_at;
                }
            }
        }
    }

    fn refused(&mut self, room: String, dispatch: String) {
        let (now, hold) = (self.now, self.now + claims::HOLD);
        let Some(candidate) = self.follow(&room) else {
            return;
        };
        let was_claimed = candidate.claim != Claim::None;
        candidate.claim = Claim::None;
        candidate.refused(now, dispatch);
        candidate.inspect_at = now + candidate::UNANSWERED_FOR;
        if was_claimed {
            // The worker had less capacity than it seemed.
            self.hold_until = hold;
        }
    }

    /// Follows the room. Returns `None` if too many rooms are followed, or the worker's own call is
    /// there.
    fn follow(&mut self, room: &str) -> Option<&mut Candidate> {
        if !self.candidates.contains_key(room) {
            if self.candidates.len() >= CANDIDATES || self.worker.rooms.contains_key(room) {
                return None;
            }
            let not_before = self.cache.not_before(room, self.now);
            let candidate = Candidate::new(self.now, not_before);
            self.candidates.insert(room.to_owned(), candidate);
        }
        self.candidates.get_mut(room)
    }

    /// Performs what is due: claims first, then queries, then the list.
    fn advance(&mut self) {
        if !self.worker.ready {
            return;
        }
        self.advance_claims();
        self.announce();
        self.start_inspections();
        if !self.is_listing && self.next_list <= self.now {
            self.is_listing = true;
            self.actions.push_back(Action::List);
        }
    }

    /// Reports each room once when it has waited for [`WAITS_AFTER`].
    fn announce(&mut self) {
        let is_due = |(room, it): &(&String, &Candidate)| {
            self.announce_due(room, it).is_some_and(|at| at <= self.now)
        };
        let due: Vec<_> = self.candidates.iter().filter(is_due).collect();
        let due: Vec<_> = due.into_iter().map(|(room, _)| room.clone()).collect();
        for room in due {
            if let Some(candidate) = self.candidates.get_mut(&room) {
                candidate.is_announced = true;
            }
            self.observe(Fact::Waits { room: room.clone() });
            self.actions.push_back(Action::SendWaitingText(room));
        }
    }

    fn announce_due(&self, room: &str, candidate: &Candidate) -> Option<Instant> {
        let is_news = candidate.is_open() && !candidate.is_announced && !self.is_ours(room);
        let settled = candidate.settled_at(self.cache.had_agent(room));
        is_news.then(|| settled.max(candidate.since + WAITS_AFTER))
    }

    fn is_ours(&self, room: &str) -> bool {
        self.worker.rooms.contains_key(room)
    }

    /// A pseudo-random number that differs between workers.
    fn draw(&mut self) -> u64 {
        self.draws += 1;
        let mut hasher = DefaultHasher::new();
        (self.seed, self.draws).hash(&mut hasher);
        hasher.finish()
    }
}
