//! What is remembered of rooms that need nothing at the moment, so that a list of thousands of
//! rooms leads to only a few queries.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use super::event::Listing;

/// Maximum rooms to query because of one list.
pub(crate) const LOOKS_PER_LIST: usize = 50;

/// How long the numbers in a list may lag behind, plus a margin.
const YOUNG_FOR: Duration = Duration::from_secs(7);

/// A room with an agent that looks unchanged is queried again after this time, if the limit of
/// queries allows.
const INSPECT_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Backoff between claims of the same room: when no worker took the new dispatch, and when an agent
/// came and did not stay.
const NOT_TAKEN_MIN: Duration = Duration::from_secs(1);
const NOT_TAKEN_MAX: Duration = Duration::from_secs(3);
const TAKEN_MIN: Duration = Duration::from_secs(5);
const TAKEN_MAX: Duration = Duration::from_secs(120);

/// How long a claimed room is remembered although no list contains it.
const LISTED_LATE: Duration = Duration::from_secs(10);

/// What is remembered of the server's rooms, by room name.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    rooms: HashMap<String, Seen>,
}

#[derive(Debug, Clone)]
struct Seen {
    sid: String,
    since: Instant,
    /// Participants and publishers according to the last list.
    listed: (u32, u32),
    /// When the room was last queried, and what was listed then.
    inspected: Option<(Instant, (u32, u32))>,
    had_agent: bool,
    claims: Claims,
}

#[derive(Debug, Clone, Copy, Default)]
struct Claims {
    count: u32,
    at: Option<Instant>,
    /// Whether a worker took the dispatch of the last claim.
    was_taken: bool,
}

/// Why a room is to be queried, the most urgent reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// It has participants, and no agent publishes.
    LacksAgent,
    /// It has participants, and more publishers than participants, so an agent may be there.
    HasPeople,
    /// It is new: its participants may not be counted yet.
    MayHavePeople,
    /// The last query was long ago.
    Again,
}

impl Seen {
    fn new(now: Instant) -> Self {
        Self {
            sid: String::new(),
            since: now,
            listed: (0, 0),
            inspected: None,
            had_agent: false,
            claims: Claims::default(),
        }
    }

    /// How urgent a query is; `None` if none is needed.
    fn urgency(&self, now: Instant) -> Option<Urgency> {
        let (people, publishers) = self.listed;
        let is_news = self.inspected.is_none_or(|(_, then)| then != self.listed);
        match self.inspected {
            _ if is_news && people > 0 && publishers > people => Some(Urgency::HasPeople),
            _ if is_news && people > 0 => Some(Urgency::LacksAgent),
            None if now.saturating_duration_since(self.since) < YOUNG_FOR => {
                Some(Urgency::MayHavePeople)
            }
            Some((at, _)) if people > 0 && now >= at + INSPECT_AGAIN_AFTER => Some(Urgency::Again),
            _ => None,
        }
    }
}

impl Cache {
    /// Processes a list. Returns the rooms to query, the most urgent first. Rooms for which
    /// `is_followed` is true are left out: they are queried anyway, or need no query.
    pub(crate) fn listed(
        &mut self,
        now: Instant,
        rooms: &[Listing],
        seed: u64,
        is_followed: impl Fn(&str) -> bool,
    ) -> VecDeque<String> {
        let mut before = std::mem::take(&mut self.rooms);
        let mut due = Vec::new();
        for room in rooms {
            let known = before.remove(&room.room);
            let known = known.filter(|it| it.sid.is_empty() || it.sid == room.sid);
            let mut seen = known.unwrap_or_else(|| Seen::new(now));
            seen.sid.clone_from(&room.sid);
            seen.listed = (room.participants, room.publishers);
            if let Some(urgency) = seen.urgency(now)
                && !is_followed(&room.room)
            {
                let inspected = seen.inspected.map(|(at, _)| at);
                let mut hasher = DefaultHasher::new();
                (seed, &room.room).hash(&mut hasher);
                // A participant who is not counted yet has probably just created the room, so the
                // newest rooms come first. In all other cases each worker queries its own
                // selection.
                let newest =
                    (urgency == Urgency::MayHavePeople).then_some(Reverse(room.created_at));
                due.push((urgency, inspected, newest, hasher.finish(), &room.room));
            }
            self.rooms.insert(room.room.clone(), seen);
        }
        let is_late = |seen: &Seen| {
            seen.sid.is_empty() && now.saturating_duration_since(seen.since) < LISTED_LATE
        };
        self.rooms
            .extend(before.into_iter().filter(|(_, it)| is_late(it)));
        due.sort_unstable();
        let due = due.into_iter().take(LOOKS_PER_LIST);
        due.map(|(.., room)| room.clone()).collect()
    }

    fn entry(&mut self, now: Instant, room: &str) -> &mut Seen {
        if !self.rooms.contains_key(room) {
            self.rooms.insert(room.to_owned(), Seen::new(now));
        }
        self.rooms
            .get_mut(room)
            .expect("the room was just inserted")
    }

    pub(crate) fn inspected(&mut self, now: Instant, room: &str, has_agent: bool) {
        let seen = self.entry(now, room);
        seen.inspected = Some((now, seen.listed));
        seen.had_agent |= has_agent;
        seen.claims.was_taken |= has_agent;
    }

    /// Notes that an agent of this name is in the room.
    pub(crate) fn agent_seen(&mut self, now: Instant, room: &str) {
        self.entry(now, room).had_agent = true;
    }

    pub(crate) fn had_agent(&self, room: &str) -> bool {
        self.rooms.get(room).is_some_and(|it| it.had_agent)
    }

    /// Notes that this worker has created a new dispatch for the room.
    pub(crate) fn claimed(&mut self, now: Instant, room: &str) {
        let seen = self.entry(now, room);
        let claims = &mut seen.claims;
        if claims.at.is_some_and(|at| now > at + TAKEN_MAX * 2) {
            claims.count = 0;
        }
        claims.count += 1;
        claims.at = Some(now);
        claims.was_taken = false;
        seen.had_agent = false;
    }

    /// Notes that a worker took the new dispatch.
    pub(crate) fn taken(&mut self, room: &str) {
        if let Some(seen) = self.rooms.get_mut(room) {
            seen.claims.was_taken = true;
        }
    }

    /// The earliest time at which the room may be claimed again.
    pub(crate) fn not_before(&self, room: &str, now: Instant) -> Instant {
        let claims = self.rooms.get(room).map(|it| it.claims).unwrap_or_default();
        let Some(at) = claims.at else {
            return now;
        };
        let (min, max) = match claims.was_taken {
            true => (TAKEN_MIN, TAKEN_MAX),
            false => (NOT_TAKEN_MIN, NOT_TAKEN_MAX),
        };
        let doubled = 2u32.saturating_pow(claims.count.saturating_sub(1));
        at + min.saturating_mul(doubled).min(max)
    }
}
