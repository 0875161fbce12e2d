//! Lists all rooms, queries some of them, and evaluates the answers.

use std::time::Duration;

use super::WaitingRooms;
use super::candidate::Claim;
use super::event::{Action, Fact, Listing, View};

/// Interval of lists while no room waits and the worker has capacity.
const LIST_EVERY: Duration = Duration::from_secs(3);

/// Interval of lists while a room waits or the worker is full.
pub(crate) const LIST_SOON: Duration = Duration::from_secs(2);

/// Maximum interval of lists.
const LIST_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// A list may take at most one part in this many of the time.
const LIST_SHARE: u32 = 40;

/// Maximum concurrent queries.
pub(crate) const INSPECTIONS_AT_ONCE: usize = 6;

/// Interval of queries of a waiting room, and the minimum per followed room, so that many rooms do
/// not burden the server.
pub(crate) const INSPECT_EVERY: Duration = Duration::from_secs(2);
const INSPECT_SPACING: Duration = Duration::from_millis(50);

/// How long an agent may take to leave once its call has ended, and how often to query the room
/// until then.
const LEAVES_WITHIN: Duration = Duration::from_secs(8);
const LEAVING_INSPECT_EVERY: Duration = Duration::from_millis(500);

impl WaitingRooms {
    pub(crate) fn listed(&mut self, rooms: &[Listing], took: Duration) {
        self.is_listing = false;
        self.list_took = took;
        let seed = self.draw();
        self.queue = self.cache.listed(self.now, rooms, seed, |room| {
            self.worker.rooms.contains_key(room) || self.candidates.contains_key(room)
        });
        let is_quick = self.worker.free == 0 || !self.candidates.is_empty();
        let every = if is_quick { LIST_SOON } else { LIST_EVERY };
        self.list_within(every.max(took * LIST_SHARE).min(LIST_AT_LEAST_EVERY));
    }

    /// Schedules the next list after `delay`, with jitter so that workers do not list together.
    pub(crate) fn list_within(&mut self, delay: Duration) {
        let apart = f64::from(self.draw() as u32) / f64::from(u32::MAX);
        let least = self.list_took * LIST_SHARE;
        let base = delay.max(least.min(LIST_SOON)).mul_f64(0.75 + apart / 2.0);
        self.next_list = self.now + base;
    }

    pub(crate) fn inspected(&mut self, room: &str, view: Option<View>) {
        self.inspections = self.inspections.saturating_sub(1);
        if let Some(candidate) = self.candidates.get_mut(room) {
            candidate.is_being_inspected = false;
        }
        let Some(view) = view else {
            if let Some(candidate) = self.candidates.get_mut(room) {
                candidate.not_before = candidate.not_before.max(self.now + INSPECT_EVERY);
            }
            if self.candidates.get(room).is_some_and(|it| it.ended) {
                self.candidates.remove(room);
            }
            return;
        };
        self.cache.inspected(self.now, room, view.has_agent);
        if self.worker.rooms.contains_key(room) {
            return;
        }
        if self.candidates.get(room).is_some_and(|it| it.ended) {
            return self.ended(room, view);
        }
        if view.has_agent {
            return self.served(room);
        }
        let wanted = view.dispatches.iter().any(|it| it.jobs == 0 || !it.is_once);
        if view.callers == 0 || !wanted {
            return self.gave_up(room);
        }
        let now = self.now;
        let every = INSPECT_EVERY.max(INSPECT_SPACING * self.candidates.len() as u32);
        if let Some(candidate) = self.follow(room) {
            candidate.is_confirmed = true;
            candidate.inspected = Some(now);
            candidate.inspect_at = now + every;
            let is_taken = candidate.dispatches(now, view.dispatches);
            if is_taken && matches!(candidate.claim, Claim::Made(_)) {
                candidate.claim = Claim::None;
                self.cache.taken(room);
                let again = self.cache.not_before(room, now);
                if let Some(candidate) = self.candidates.get_mut(room) {
                    candidate.not_before = again;
                }
            }
        }
    }

    /// Handles a query after this worker's own call has ended by itself. If callers stay behind
    /// once the agent has left, it left them on purpose: the dispatch that brought it must not
    /// bring it back.
    fn ended(&mut self, room: &str, view: View) {
        let now = self.now;
        if view.callers > 0
            && view.has_agent
            && let Some(candidate) = self.candidates.get_mut(room)
            && now < candidate.since + LEAVES_WITHIN
        {
            candidate.inspect_at = now + LEAVING_INSPECT_EVERY;
            return;
        }
        self.candidates.remove(room);
        if view.callers == 0 {
            return;
        }
        for dispatch in view.dispatches.into_iter().filter(|it| it.jobs > 0) {
            let (room, dispatch) = (room.to_owned(), dispatch.id);
            self.actions.push_back(Action::Retire { room, dispatch });
        }
    }

    pub(crate) fn served(&mut self, room: &str) {
        let Some(candidate) = self.candidates.remove(room) else {
            return;
        };
        if candidate.is_announced {
            let waited = self.now.saturating_duration_since(candidate.since);
            let room = room.to_owned();
            self.observe(Fact::Served { room, waited });
        }
    }

    fn gave_up(&mut self, room: &str) {
        let Some(candidate) = self.candidates.remove(room) else {
            return;
        };
        if candidate.is_announced {
            let waited = self.now.saturating_duration_since(candidate.since);
            let room = room.to_owned();
            self.observe(Fact::GaveUp { room, waited });
        }
    }

    pub(crate) fn start_inspections(&mut self) {
        let mut due: Vec<_> = self
            .candidates
            .iter()
            .filter(|(room, it)| !self.is_ours(room) && it.is_due(self.now))
            .map(|(room, it)| (it.inspect_at, room.clone()))
            .collect();
        due.sort();
        for (_, room) in due {
            if self.inspections >= INSPECTIONS_AT_ONCE {
                return;
            }
            self.inspect(room);
        }
        while self.inspections < INSPECTIONS_AT_ONCE {
            let Some(room) = self.queue.pop_front() else {
                return;
            };
            if !self.candidates.contains_key(&room) && !self.worker.rooms.contains_key(&room) {
                self.inspections += 1;
                self.actions.push_back(Action::Inspect(room));
            }
        }
    }

    pub(crate) fn inspect(&mut self, room: String) {
        if let Some(candidate) = self.candidates.get_mut(&room)
            && !candidate.is_being_inspected
        {
            candidate.is_being_inspected = true;
            candidate.inspect_at = self.now + INSPECT_EVERY;
            self.inspections += 1;
            self.actions.push_back(Action::Inspect(room));
        }
    }
}
