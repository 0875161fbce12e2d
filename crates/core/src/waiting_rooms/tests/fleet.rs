//! Several workers and one server, simulated: answers take time, and offers are made once.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::conversation::tests::epoch;
use crate::rng::Rng;
use crate::waiting_rooms::{
    Action, DispatchView, Event, Fact, Listing, Outcome, View, WaitingRooms, Worker,
};

const TICK: Duration = Duration::from_millis(20);

/// A room of the simulated server.
#[derive(Debug, Default)]
pub(crate) struct Room {
    sid: String,
    pub(crate) callers: usize,
    /// The dispatch that brought each agent, and its worker.
    pub(crate) agents: Vec<(String, usize)>,
    pub(crate) dispatches: Vec<DispatchView>,
    /// Whether the room was opened with a dispatch of this agent.
    is_ours: bool,
    /// Whether the agent left its callers on purpose.
    pub(crate) is_finished: bool,
}

/// A call of a worker.
#[derive(Debug, Clone)]
struct Call {
    dispatch: String,
    joins_at: Instant,
    is_running: bool,
}

#[derive(Debug)]
struct Peer {
    waiting: WaitingRooms,
    slots: usize,
    is_alive: bool,
    calls: BTreeMap<String, Call>,
    answers: Vec<(Instant, Event)>,
}

/// A request that the server has received and not handled yet.
#[derive(Debug)]
enum Request {
    Delete {
        by: usize,
        room: String,
        dispatch: String,
    },
    Create {
        by: usize,
        room: String,
    },
    Retire {
        room: String,
        dispatch: String,
    },
    Offer {
        room: String,
        dispatch: String,
    },
}

pub(crate) struct Fleet {
    pub(crate) now: Instant,
    pub(crate) rng: Rng,
    pub(crate) rooms: BTreeMap<String, Room>,
    peers: Vec<Peer>,
    requests: VecDeque<(Instant, Request)>,
    next: usize,
    /// One offer in this many is refused although a slot is free.
    pub(crate) refuses_one_in: usize,
    pub(crate) longest_join: u64,
    pub(crate) claims: usize,
    pub(crate) lost: usize,
    pub(crate) announced: usize,
}

impl Fleet {
    pub(crate) fn new(seed: u64, workers: usize, slots: usize) -> Self {
        let peer = |number: usize| Peer {
            waiting: WaitingRooms::new(epoch(), seed * 100 + number as u64),
            slots,
            is_alive: true,
            calls: BTreeMap::new(),
            answers: Vec::new(),
        };
        let mut fleet = Self {
            now: epoch(),
            rng: Rng::new(seed),
            rooms: BTreeMap::new(),
            peers: (0..workers).map(peer).collect(),
            requests: VecDeque::new(),
            next: 0,
            refuses_one_in: usize::MAX,
            longest_join: 1_000,
            claims: 0,
            lost: 0,
            announced: 0,
        };
        (0..workers).for_each(|peer| fleet.update_worker(peer));
        fleet
    }

    fn id(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}_{}", self.next)
    }

    fn after(&mut self, least: u64, most: u64) -> Instant {
        let spread = usize::try_from(most - least).unwrap() + 1;
        self.now + Duration::from_millis(least + self.rng.below(spread) as u64)
    }

    /// A caller opens a room, with a dispatch of this agent if `is_ours`.
    pub(crate) fn open(&mut self, is_ours: bool) -> String {
        let name = self.id("room");
        let sid = self.id("RM");
        let room = Room {
            sid,
            callers: 1,
            is_ours,
            ..Room::default()
        };
        self.rooms.insert(name.clone(), room);
        if is_ours {
            self.dispatch(&name);
        }
        name
    }

    fn dispatch(&mut self, name: &str) {
        let id = self.id("AD");
        let view = DispatchView {
            id: id.clone(),
            ..DispatchView::default()
        };
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        room.dispatches.push(view);
        let at = self.after(1, 40);
        let room = name.to_owned();
        let offer = Request::Offer { room, dispatch: id };
        self.requests.push_back((at, offer));
    }

    pub(crate) fn free(&self) -> usize {
        let alive = self.peers.iter().filter(|it| it.is_alive);
        alive.map(|it| it.slots - it.calls.len()).sum()
    }

    pub(crate) fn alive(&self) -> usize {
        self.peers.iter().filter(|it| it.is_alive).count()
    }

    /// Rooms whose callers should have an agent but have none.
    pub(crate) fn alone(&self) -> Vec<&String> {
        let is_alone = |room: &&Room| {
            room.callers > 0 && room.agents.is_empty() && room.is_ours && !room.is_finished
        };
        let alone = self.rooms.iter().filter(|(_, room)| is_alone(room));
        alone.map(|(name, _)| name).collect()
    }

    /// The server offers the job to one worker after the other, once to each.
    fn offer(&mut self, name: &str, dispatch: &str) {
        let mut peers: Vec<_> = (0..self.peers.len()).collect();
        while !peers.is_empty() {
            let asked = peers.remove(self.rng.below(peers.len()));
            let has_slot = self.peers[asked].calls.len() < self.peers[asked].slots;
            let is_there = self.peers[asked].calls.contains_key(name);
            if !self.peers[asked].is_alive || !has_slot || is_there {
                continue;
            }
            if self.rng.once_in(self.refuses_one_in) {
                let refused = Event::Refused {
                    room: name.to_owned(),
                    dispatch: dispatch.to_owned(),
                };
                self.on(asked, refused);
                continue;
            }
            let joins_at = self.after(50, self.longest_join);
            let call = Call {
                dispatch: dispatch.to_owned(),
                joins_at,
                is_running: false,
            };
            if let Some(room) = self.rooms.get_mut(name)
                && let Some(dispatch) = room.dispatches.iter_mut().find(|it| it.id == dispatch)
            {
                dispatch.jobs += 1;
                self.peers[asked].calls.insert(name.to_owned(), call);
                self.update_worker(asked);
            }
            return;
        }
    }

    /// The server deletes a dispatch and ends the calls it led to. Returns whether it existed.
    fn delete(&mut self, name: &str, dispatch: &str) -> bool {
        let Some(room) = self.rooms.get_mut(name) else {
            return false;
        };
        let before = room.dispatches.len();
        room.dispatches.retain(|it| it.id != dispatch);
        let was_there = room.dispatches.len() < before;
        if was_there {
            room.agents.retain(|(by, _)| by != dispatch);
            for peer in 0..self.peers.len() {
                let calls = &mut self.peers[peer].calls;
                if calls.get(name).is_some_and(|it| it.dispatch == dispatch) {
                    calls.remove(name);
                    self.update_worker(peer);
                }
            }
        }
        was_there
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Offer { room, dispatch } => self.offer(&room, &dispatch),
            Request::Retire { room, dispatch } => {
                self.delete(&room, &dispatch);
            }
            Request::Delete { by, room, dispatch } if self.delete(&room, &dispatch) => {
                let at = self.after(1, 100);
                self.requests.push_back((at, Request::Create { by, room }));
            }
            Request::Delete { by, room, .. } => {
                self.lost += 1;
                let outcome = Outcome::Lost;
                self.answer(by, Event::Claimed { room, outcome });
            }
            Request::Create { by, room } => {
                self.dispatch(&room);
                let outcome = Outcome::Dispatched;
                self.answer(by, Event::Claimed { room, outcome });
            }
        }
    }

    fn answer(&mut self, peer: usize, event: Event) {
        let at = self.after(1, 150);
        self.peers[peer].answers.push((at, event));
    }

    fn update_worker(&mut self, peer: usize) {
        let it = &self.peers[peer];
        let calls = it.calls.iter();
        let worker = Worker {
            ready: it.is_alive,
            free: it.slots - it.calls.len(),
            rooms: calls
                .map(|(room, call)| (room.clone(), call.is_running))
                .collect(),
        };
        self.on(peer, Event::Worker(worker));
    }

    fn on(&mut self, peer: usize, event: Event) {
        if self.peers[peer].is_alive {
            self.peers[peer].waiting.handle(self.now, event);
            self.perform(peer);
        }
    }

    fn perform(&mut self, peer: usize) {
        while let Some(action) = self.peers[peer].waiting.poll_action() {
            match action {
                Action::List => {
                    let rooms = self.rooms.iter().map(|(name, room)| Listing {
                        room: name.clone(),
                        sid: room.sid.clone(),
                        created_at: 0,
                        participants: room.callers as u32,
                        publishers: (room.callers + room.agents.len()) as u32,
                    });
                    let rooms = rooms.collect();
                    let took = Duration::from_millis(10);
                    self.answer(peer, Event::Listed { rooms, took });
                }
                Action::Inspect(room) => {
                    let view = self.rooms.get(&room).map(|it| View {
                        callers: it.callers,
                        has_agent: !it.agents.is_empty(),
                        dispatches: it.dispatches.clone(),
                    });
                    let view = Some(view.unwrap_or_default());
                    self.answer(peer, Event::Inspected { room, view });
                }
                Action::Claim { room, dispatch } => {
                    let (at, by) = (self.after(1, 100), peer);
                    self.claims += 1;
                    let request = Request::Delete { by, room, dispatch };
                    self.requests.push_back((at, request));
                }
                Action::Retire { room, dispatch } => {
                    let at = self.after(1, 100);
                    self.requests
                        .push_back((at, Request::Retire { room, dispatch }));
                }
                Action::Observe(Fact::Waits { .. }) => self.announced += 1,
                Action::SendWaitingText(_) | Action::Observe(_) => {}
            }
        }
    }

    /// One tick: answers arrive, agents join, timeouts expire.
    pub(crate) fn tick(&mut self) {
        self.now += TICK;
        let now = self.now;
        while let Some(at) = self.requests.iter().position(|(at, _)| *at <= now) {
            let (_, request) = self.requests.remove(at).unwrap();
            self.serve(request);
        }
        for peer in 0..self.peers.len() {
            while let Some(at) = self.peers[peer]
                .answers
                .iter()
                .position(|(at, _)| *at <= now)
            {
                let (_, event) = self.peers[peer].answers.remove(at);
                self.on(peer, event);
            }
            self.join(peer);
            let due = self.peers[peer].waiting.poll_timeout();
            if self.peers[peer].is_alive && due.is_some_and(|at| at <= now) {
                self.peers[peer].waiting.handle_timeout(now);
                self.perform(peer);
            }
        }
        self.check();
    }

    fn join(&mut self, peer: usize) {
        let calls = self.peers[peer].calls.iter_mut();
        let due = calls.filter(|(_, it)| !it.is_running && it.joins_at <= self.now);
        let mut joined = Vec::new();
        for (name, call) in due {
            call.is_running = true;
            joined.push((name.clone(), call.dispatch.clone()));
        }
        for (name, dispatch) in &joined {
            if let Some(room) = self.rooms.get_mut(name) {
                assert!(
                    !room.is_finished,
                    "the agent came back to {name} after it had left on purpose"
                );
                room.agents.push((dispatch.clone(), peer));
            }
        }
        if !joined.is_empty() {
            self.update_worker(peer);
        }
    }

    /// Checks that no room has two agents, or one without a dispatch.
    fn check(&self) {
        for (name, room) in &self.rooms {
            assert!(room.agents.len() <= 1, "{name} at {:?}: {room:?}", self.now);
            for (dispatch, _) in &room.agents {
                let is_asked = room.dispatches.iter().any(|it| it.id == *dispatch);
                assert!(is_asked || room.is_finished, "{name}: {room:?}");
            }
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.tick();
        }
    }

    /// The caller hangs up: the room closes, and the call ends by itself.
    pub(crate) fn hang_up(&mut self, name: &str) {
        self.rooms.remove(name);
        for peer in 0..self.peers.len() {
            if self.peers[peer].calls.remove(name).is_some() {
                self.update_worker(peer);
                let room = name.to_owned();
                self.on(peer, Event::Ended { room });
            }
        }
    }

    /// The agent leaves: on purpose, or because its call failed.
    pub(crate) fn agent_leaves(&mut self, name: &str, on_purpose: bool) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        let Some((_, peer)) = room.agents.pop() else {
            return;
        };
        room.is_finished = on_purpose;
        self.peers[peer].calls.remove(name);
        self.update_worker(peer);
        if on_purpose {
            let room = name.to_owned();
            self.on(peer, Event::Ended { room });
        }
    }

    /// A worker dies with all its calls.
    pub(crate) fn kill(&mut self, peer: usize) {
        self.peers[peer].is_alive = false;
        for name in std::mem::take(&mut self.peers[peer].calls).into_keys() {
            if let Some(room) = self.rooms.get_mut(&name) {
                room.agents.retain(|(_, by)| *by != peer);
            }
        }
    }

    /// Rooms that have an agent.
    pub(crate) fn served(&self) -> Vec<String> {
        let served = self.rooms.iter().filter(|(_, it)| !it.agents.is_empty());
        served.map(|(name, _)| name.clone()).collect()
    }
}
