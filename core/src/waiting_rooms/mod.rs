//! Rooms whose callers have no agent: found, counted, and dispatched anew when there is room.
//!
//! An open-source server offers a dispatch once. If every worker is full at that moment, or the
//! worker that took it dies, callers wait for ever. So every worker looks for such rooms:
//!
//! ```text
//! unknown ──▶ without an agent ──▶ waiting ──▶ claimed ──▶ served
//!    ▲          (may be on its way)               │
//!    └────────────── taken by nobody ◀────────────┘
//! ```
//!
//! A room counts only while it has a dispatch that asks for this worker's name. To claim a room is
//! to delete that dispatch and to make the same one anew. The server deletes a dispatch once, and
//! ends whatever call it had brought, so several workers with the same idea bring one agent.

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
use inspect::{LIST_SOON, LOOK_EVERY};

pub use event::{Action, DispatchView, Event, Fact, Listing, Outcome, View, Worker};

/// Rooms that are followed at once; more of them are found later.
const SUSPECTS: usize = 1_000;

/// The rooms of a server as one worker sees them.
///
/// Driven like [`Dispatch`](crate::dispatch::Dispatch): one event or timeout, then `poll_action` until
/// `None`, then `poll_timeout`.
#[derive(Debug)]
pub struct WaitingRooms {
    now: Instant,
    seed: u64,
    draws: u64,
    worker: Worker,
    cache: Cache,
    suspects: BTreeMap<String, Candidate>,
    /// Rooms to look at because the list made them look interesting.
    queue: VecDeque<String>,
    looks: usize,
    is_listing: bool,
    next_list: Instant,
    list_took: Duration,
    /// No claim before then.
    hold_until: Instant,
    actions: VecDeque<Action>,
}

impl WaitingRooms {
    /// A worker that starts now. `seed` sets its choices apart from those of other workers.
    pub fn new(now: Instant, seed: u64) -> Self {
        Self {
            now,
            seed,
            draws: 0,
            worker: Worker::default(),
            cache: Cache::default(),
            suspects: BTreeMap::new(),
            queue: VecDeque::new(),
            looks: 0,
            is_listing: false,
            next_list: now,
            list_took: Duration::ZERO,
            hold_until: now,
            actions: VecDeque::new(),
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Instant, event: Event) {
        self.wake(now);
        match event {
            Event::Worker(worker) => self.worker(worker),
            Event::Refused { room, dispatch } => self.refused(room, dispatch),
            Event::Ended { room } => {
                if let Some(suspect) = self.suspect(&room) {
                    suspect.ended = true;
                    suspect.look_at = now;
                }
            }
            Event::Missed => self.list_within(Duration::ZERO),
            Event::Listed { rooms, took } => self.listed(&rooms, took),
            Event::NotListed => {
                self.is_listing = false;
                self.list_within(LIST_SOON * 2);
            }
            Event::Looked { room, view } => self.looked(&room, view),
            Event::Claimed { room, outcome } => self.claimed(&room, outcome),
        }
        self.advance();
    }

    /// Takes in that the time of [`poll_timeout`](Self::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.wake(now);
        self.advance();
    }

    /// What to do next; `None` when all is done.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.worker.ready {
            return None;
        }
        let list = (!self.is_listing).then_some(self.next_list);
        let suspects = self.suspects.iter().flat_map(|(room, suspect)| {
            let look = (!suspect.is_looked_at).then_some(suspect.look_at);
            [
                look,
                self.claim_due(room, suspect),
                self.announce_due(room, suspect),
            ]
        });
        // What is due already waits for an answer, and goes on when that comes.
        let all = list.into_iter().chain(suspects.flatten());
        all.filter(|at| *at > self.now).min()
    }

    /// Rooms known to wait, and since when the first of them does.
    pub fn waiting(&self) -> (usize, Option<Instant>) {
        let waiting = self.suspects.values().filter(|it| it.is_announced);
        (waiting.clone().count(), waiting.map(|it| it.since).min())
    }

    fn wake(&mut self, now: Instant) {
        debug_assert!(
            self.actions.is_empty(),
            "poll_action until None comes before the next event"
        );
        self.now = now;
    }

    fn observe(&mut self, fact: Fact) {
        self.actions.push_back(Action::Observe(fact));
    }

    /// How the worker is has changed: rooms of its own calls do not wait.
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
            } else if let Some(suspect) = self.suspects.get_mut(&room) {
                suspect.claim = Claim::None;
            }
        }
        for room in before.rooms.into_keys() {
            // If the call ended by itself, `Event::Ended` follows.
            if !self.is_ours(&room) && !self.suspects.contains_key(&room) {
                let look_at = self.now + LOOK_EVERY;
                if let Some(suspect) = self.suspect(&room) {
                    suspect.look_at = look_at;
                }
            }
        }
    }

    fn refused(&mut self, room: String, dispatch: String) {
        let (now, hold) = (self.now, self.now + claims::HOLD);
        let Some(suspect) = self.suspect(&room) else {
            return;
        };
        let was_claimed = suspect.claim != Claim::None;
        suspect.claim = Claim::None;
        suspect.refused(now, dispatch);
        suspect.look_at = now + candidate::UNANSWERED_FOR;
        if was_claimed {
            // There was less room than it seemed.
            self.hold_until = hold;
        }
    }

    /// The room, followed from now on; `None` when too many are.
    fn suspect(&mut self, room: &str) -> Option<&mut Candidate> {
        if !self.suspects.contains_key(room) {
            if self.suspects.len() >= SUSPECTS || self.worker.rooms.contains_key(room) {
                return None;
            }
            let not_before = self.cache.not_before(room, self.now);
            let suspect = Candidate::new(self.now, not_before);
            self.suspects.insert(room.to_owned(), suspect);
        }
        self.suspects.get_mut(room)
    }

    /// What is due: claims first, then looks, then the list.
    fn advance(&mut self) {
        if !self.worker.ready {
            return;
        }
        self.advance_claims();
        self.announce();
        self.start_looks();
        if !self.is_listing && self.next_list <= self.now {
            self.is_listing = true;
            self.actions.push_back(Action::List);
        }
    }

    /// Says once that a room waits, when it has waited for a while.
    fn announce(&mut self) {
        let is_due = |(room, it): &(&String, &Candidate)| {
            self.announce_due(room, it).is_some_and(|at| at <= self.now)
        };
        let due: Vec<_> = self.suspects.iter().filter(is_due).collect();
        let due: Vec<_> = due.into_iter().map(|(room, _)| room.clone()).collect();
        for room in due {
            if let Some(suspect) = self.suspects.get_mut(&room) {
                suspect.is_announced = true;
            }
            self.observe(Fact::Waits { room: room.clone() });
            self.actions.push_back(Action::Write(room));
        }
    }

    fn announce_due(&self, room: &str, suspect: &Candidate) -> Option<Instant> {
        let is_news = suspect.is_open() && !suspect.is_announced && !self.is_ours(room);
        let settled = suspect.settled_at(self.cache.had_agent(room));
        is_news.then(|| settled.max(suspect.since + WAITS_AFTER))
    }

    fn is_ours(&self, room: &str) -> bool {
        self.worker.rooms.contains_key(room)
    }

    /// A number that no other worker draws.
    fn draw(&mut self) -> u64 {
        self.draws += 1;
        let mut hasher = DefaultHasher::new();
        (self.seed, self.draws).hash(&mut hasher);
        hasher.finish()
    }
}
