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
pub(crate) const LOOKS_AT_ONCE: usize = 6;

/// Interval of queries of a waiting room, and the minimum per followed room, so that many rooms do
/// not burden the server.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_SPACING: Duration = Duration::from_millis(50);

/// How long an agent may take to leave once its call has ended, and how often to query the room
/// until then.
const LEAVES_WITHIN: Duration = Duration::from_secs(8);
const LEAVING_LOOK_EVERY: Duration = Duration::from_millis(500);

impl WaitingRooms {
    pub(crate) fn listed(&mut self, rooms: &[Listing], took: Duration) {
        self.is_listing = false;
        self.list_took = took;
        let seed = self.draw();
        self.queue = self.cache.listed(self.now, rooms, seed, |room| {
            self.worker.rooms.contains_key(room) || self.suspects.contains_key(room)
        });
        let is_quick = self.worker.free == 0 || !self.suspects.is_empty();
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

    pub(crate) fn looked(&mut self, room: &str, view: Option<View>) {
        self.looks = self.looks.saturating_sub(1);
        if let Some(suspect) = self.suspects.get_mut(room) {
            suspect.is_looked_at = false;
        }
        let Some(view) = view else {
            if let Some(suspect) = self.suspects.get_mut(room) {
                suspect.not_before = suspect.not_before.max(self.now + LOOK_EVERY);
            }
            if self.suspects.get(room).is_some_and(|it| it.ended) {
                self.suspects.remove(room);
            }
            return;
        };
        self.cache.looked(self.now, room, view.has_agent);
        if self.worker.rooms.contains_key(room) {
            return;
        }
        if self.suspects.get(room).is_some_and(|it| it.ended) {
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
        let every = LOOK_EVERY.max(LOOK_SPACING * self.suspects.len() as u32);
        if let Some(suspect) = self.suspect(room) {
            suspect.is_confirmed = true;
            suspect.looked = Some(now);
            suspect.look_at = now + every;
            let is_taken = suspect.dispatches(now, view.dispatches);
            if is_taken && matches!(suspect.claim, Claim::Made(_)) {
                suspect.claim = Claim::None;
                self.cache.taken(room);
                let again = self.cache.not_before(room, now);
                if let Some(suspect) = self.suspects.get_mut(room) {
                    suspect.not_before = again;
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
            && let Some(suspect) = self.suspects.get_mut(room)
            && now < suspect.since + LEAVES_WITHIN
        {
            suspect.look_at = now + LEAVING_LOOK_EVERY;
            return;
        }
        self.suspects.remove(room);
        if view.callers == 0 {
            return;
        }
        for dispatch in view.dispatches.into_iter().filter(|it| it.jobs > 0) {
            let (room, dispatch) = (room.to_owned(), dispatch.id);
            self.actions.push_back(Action::Retire { room, dispatch });
        }
    }

    pub(crate) fn served(&mut self, room: &str) {
        let Some(suspect) = self.suspects.remove(room) else {
            return;
        };
        if suspect.is_announced {
            let waited = self.now.saturating_duration_since(suspect.since);
            let room = room.to_owned();
            self.observe(Fact::Served { room, waited });
        }
    }

    fn gave_up(&mut self, room: &str) {
        let Some(suspect) = self.suspects.remove(room) else {
            return;
        };
        if suspect.is_announced {
            let waited = self.now.saturating_duration_since(suspect.since);
            let room = room.to_owned();
            self.observe(Fact::GaveUp { room, waited });
        }
    }

    pub(crate) fn start_looks(&mut self) {
        let mut due: Vec<_> = self
            .suspects
            .iter()
            .filter(|(room, it)| !self.is_ours(room) && it.is_due(self.now))
            .map(|(room, it)| (it.look_at, room.clone()))
            .collect();
        due.sort();
        for (_, room) in due {
            if self.looks >= LOOKS_AT_ONCE {
                return;
            }
            self.look(room);
        }
        while self.looks < LOOKS_AT_ONCE {
            let Some(room) = self.queue.pop_front() else {
                return;
            };
            if !self.suspects.contains_key(&room) && !self.worker.rooms.contains_key(&room) {
                self.looks += 1;
                self.actions.push_back(Action::Look(room));
            }
        }
    }

    pub(crate) fn look(&mut self, room: String) {
        if let Some(suspect) = self.suspects.get_mut(&room)
            && !suspect.is_looked_at
        {
            suspect.is_looked_at = true;
            suspect.look_at = self.now + LOOK_EVERY;
            self.looks += 1;
            self.actions.push_back(Action::Look(room));
        }
    }
}
