//! A single worker, step by step.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::conversation::tests::epoch;
use crate::waiting_rooms::{
    Action, DispatchView, Event, Fact, Listing, Outcome, View, WaitingRooms, Worker,
};

const SECOND: Duration = Duration::from_secs(1);

struct Bench {
    now: Instant,
    waiting: WaitingRooms,
    free: usize,
    rooms: BTreeMap<String, bool>,
    inspections: usize,
}

fn view(callers: usize, has_agent: bool, jobs: usize) -> View {
    View {
        callers,
        has_agent,
        dispatches: vec![dispatch("AD_1", jobs)],
    }
}

fn dispatch(id: &str, jobs: usize) -> DispatchView {
    DispatchView {
        id: id.to_owned(),
        jobs,
        is_once: false,
    }
}

fn claim(dispatch: &str) -> Action {
    Action::Claim {
        room: "hall".to_owned(),
        dispatch: dispatch.to_owned(),
    }
}

impl Bench {
    /// A registered worker with capacity for `free` calls.
    fn new(free: usize) -> Self {
        let mut bench = Self {
            now: epoch(),
            waiting: WaitingRooms::new(epoch(), 7),
            free,
            rooms: BTreeMap::new(),
            inspections: 0,
        };
        bench.worker();
        bench
    }

    fn worker(&mut self) -> Vec<Action> {
        let worker = Worker {
            ready: true,
            free: self.free,
            rooms: self.rooms.clone(),
        };
        self.on(Event::Worker(worker))
    }

    fn on(&mut self, event: Event) -> Vec<Action> {
        self.waiting.handle(self.now, event);
        std::iter::from_fn(|| self.waiting.poll_action()).collect()
    }

    fn listed(&mut self, rooms: &[Listing]) -> Vec<Action> {
        let rooms = rooms.to_vec();
        let took = Duration::from_millis(10);
        self.on(Event::Listed { rooms, took })
    }

    fn refused(&mut self) {
        let event = Event::Refused {
            room: "hall".to_owned(),
            dispatch: "AD_1".to_owned(),
        };
        self.on(event);
    }

    /// Advances the clock by `time`. Each query of the room "hall" shows `view`, and each list
    /// contains it.
    fn pass(&mut self, time: Duration, view: &View) -> Vec<Action> {
        let end = self.now + time;
        let mut all = Vec::new();
        while let Some(at) = self.waiting.poll_timeout().filter(|at| *at <= end) {
            assert!(at > self.now, "the deadline is not in the future");
            self.now = at;
            self.waiting.handle_timeout(at);
            let mut actions: Vec<_> = std::iter::from_fn(|| self.waiting.poll_action()).collect();
            while !actions.is_empty() {
                let action = actions.remove(0);
                match &action {
                    Action::List => {
                        let hall = Listing {
                            room: "hall".to_owned(),
                            sid: "RM_1".to_owned(),
                            created_at: 0,
                            participants: view.callers as u32,
                            publishers: 1,
                        };
                        actions.extend(self.listed(&[hall]));
                    }
                    Action::Inspect(room) => {
                        self.inspections += 1;
                        actions.extend(self.on(Event::Inspected {
                            room: room.clone(),
                            view: Some(view.clone()),
                        }));
                    }
                    _ => all.push(action),
                }
            }
        }
        self.now = end;
        all
    }
}

fn is_claim(action: &Action) -> bool {
    matches!(action, Action::Claim { .. })
}

#[test]
fn a_refused_room_is_claimed_if_it_still_has_no_agent() {
    let mut bench = Bench::new(1);
    bench.refused();
    let early = bench.pass(SECOND, &view(1, false, 0));
    assert_eq!(early, []);
    assert_eq!(bench.pass(SECOND, &view(1, false, 0)), [claim("AD_1")]);
}

#[test]
fn a_room_that_another_worker_took_is_left_alone() {
    let mut bench = Bench::new(1);
    bench.refused();
    let taken = bench.pass(SECOND * 5, &view(1, false, 1));
    assert_eq!(taken, []);
    let joined = bench.pass(SECOND * 60, &view(1, true, 1));
    assert!(!joined.iter().any(is_claim), "{joined:?}");
}

#[test]
fn a_room_whose_agent_never_joins_is_claimed_after_a_while() {
    let mut bench = Bench::new(1);
    bench.refused();
    bench.pass(SECOND * 8, &view(1, false, 1));
    assert!(
        bench
            .pass(SECOND * 4, &view(1, false, 1))
            .contains(&claim("AD_1"))
    );
}

#[test]
fn nothing_is_claimed_without_a_caller_a_dispatch_and_capacity() {
    let nobody = view(0, false, 0);
    let no_dispatch = View {
        callers: 1,
        ..View::default()
    };
    let once = View {
        callers: 1,
        has_agent: false,
        dispatches: vec![DispatchView {
            is_once: true,
            ..dispatch("AD_1", 1)
        }],
    };
    for (free, shown) in [
        (1, nobody),
        (1, no_dispatch),
        (1, once),
        (0, view(1, false, 0)),
    ] {
        let mut bench = Bench::new(free);
        bench.refused();
        let actions = bench.pass(SECOND * 60, &shown);
        assert!(!actions.iter().any(is_claim), "{shown:?}: {actions:?}");
    }
}

#[test]
fn a_room_waits_until_the_worker_has_capacity_and_both_are_reported_once() {
    let mut bench = Bench::new(0);
    bench.refused();
    let shown = view(1, false, 0);
    let actions = bench.pass(SECOND * 20, &shown);
    let room = "hall".to_owned();
    let waits = Action::Observe(Fact::Waits { room: room.clone() });
    assert_eq!(actions, [waits, Action::SendWaitingText(room.clone())]);
    assert_eq!(bench.waiting.waiting().0, 1);
    // A slot becomes free.
    bench.free = 1;
    let mut actions = bench.worker();
    actions.extend(bench.on(Event::Inspected {
        room: room.clone(),
        view: Some(shown),
    }));
    assert!(actions.contains(&claim("AD_1")), "{actions:?}");
    bench.on(Event::Claimed {
        room: room.clone(),
        outcome: Outcome::Dispatched,
    });
    bench.free = 0;
    bench.rooms.insert(room.clone(), false);
    assert_eq!(bench.worker(), []);
    assert_eq!(bench.waiting.waiting().0, 1, "the agent has not joined yet");
    bench.rooms.insert(room, true);
    let served = bench.worker();
    let is_served = |it: &Action| matches!(it, Action::Observe(Fact::Served { waited, .. }) if *waited >= SECOND * 20);
    assert!(served.iter().any(is_served), "{served:?}");
    assert_eq!(bench.waiting.waiting(), (0, None));
}

#[test]
fn a_room_does_not_wait_after_its_callers_hang_up() {
    let mut bench = Bench::new(0);
    bench.refused();
    bench.pass(SECOND * 5, &view(1, false, 0));
    let actions = bench.pass(SECOND * 5, &view(0, false, 0));
    assert!(
        matches!(actions.as_slice(), [Action::Observe(Fact::GaveUp { .. })]),
        "{actions:?}"
    );
    assert_eq!(bench.waiting.waiting().0, 0);
}

#[test]
fn a_room_is_queried_again_after_another_worker_claimed_it() {
    let mut bench = Bench::new(1);
    bench.refused();
    bench.pass(SECOND * 2, &view(1, false, 0));
    let room = "hall".to_owned();
    bench.on(Event::Claimed {
        room,
        outcome: Outcome::Lost,
    });
    let won = View {
        dispatches: vec![dispatch("AD_2", 1)],
        ..view(1, false, 0)
    };
    assert_eq!(bench.pass(SECOND * 5, &won), []);
}

#[test]
fn claims_of_a_room_whose_agents_fail_back_off() {
    let mut bench = Bench::new(1);
    bench.refused();
    let mut claims = Vec::new();
    let began = bench.now;
    while bench.now - began < SECOND * 600 {
        // The last agent came and left again.
        let shown = View {
            dispatches: vec![dispatch(
                &format!("AD_{}", claims.len() + 1),
                claims.len().min(1),
            )],
            ..view(1, false, 0)
        };
        if bench.pass(SECOND, &shown).iter().any(is_claim) {
            claims.push(bench.now - began);
            bench.on(Event::Claimed {
                room: "hall".to_owned(),
                outcome: Outcome::Dispatched,
            });
        }
    }
    let waits: Vec<_> = claims.windows(2).map(|it| it[1] - it[0]).collect();
    assert!((5..=12).contains(&claims.len()), "{claims:?}");
    assert!(waits.is_sorted(), "{waits:?}");
    assert!(
        waits.last().is_some_and(|it| *it > SECOND * 60),
        "{waits:?}"
    );
}

#[test]
fn an_agent_that_left_its_callers_on_purpose_is_not_brought_back() {
    let mut bench = Bench::new(4);
    let room = "hall".to_owned();
    bench.rooms.insert(room.clone(), true);
    bench.worker();
    bench.rooms.clear();
    bench.worker();
    let ended = Event::Ended { room: room.clone() };
    assert_eq!(bench.on(ended.clone()), [Action::Inspect(room.clone())]);
    let inspected = |view| Event::Inspected {
        room: room.clone(),
        view: Some(view),
    };
    // The worker reports the end of the call before the agent has left.
    assert_eq!(bench.on(inspected(view(1, true, 1))), []);
    let gone = view(1, false, 1);
    let retire = Action::Retire {
        room: room.clone(),
        dispatch: "AD_1".to_owned(),
    };
    assert_eq!(bench.pass(SECOND, &gone), [retire]);
    // The caller had hung up: a caller who comes back gets an agent.
    bench.on(ended);
    assert_eq!(bench.on(inspected(view(0, false, 1))), []);
}

#[test]
fn ten_thousand_rooms_that_need_nothing_cause_few_queries() {
    let mut bench = Bench::new(8);
    let mut rooms: Vec<_> = (0..10_000)
        .map(|number| Listing {
            room: format!("room-{number}"),
            sid: format!("RM_{number}"),
            created_at: number,
            participants: u32::from(number % 2 == 0),
            publishers: 2,
        })
        .collect();
    let mut inspections = Vec::new();
    for _ in 0..200 {
        bench.now += SECOND * 2;
        let mut actions = bench.listed(&rooms);
        let mut count = 0;
        while let Some(action) = actions.pop() {
            if let Action::Inspect(room) = action {
                count += 1;
                let view = Some(view(1, true, 1));
                actions.extend(bench.on(Event::Inspected { room, view }));
            }
        }
        inspections.push(count);
    }
    assert_eq!(inspections.iter().max(), Some(&50));
    // All rooms have been queried; from here on only changes are urgent.
    rooms[4_000].publishers = 1;
    bench.now += SECOND * 2;
    let actions = bench.listed(&rooms);
    assert_eq!(
        actions.first(),
        Some(&Action::Inspect("room-4000".to_owned()))
    );
}

/// The rooms that are queried because of the first list of `rooms`.
fn inspected_first(rooms: &[Listing]) -> Vec<String> {
    let mut bench = Bench::new(8);
    let mut actions = bench.listed(rooms);
    let mut inspections = Vec::new();
    while let Some(action) = actions.pop() {
        if let Action::Inspect(room) = action {
            inspections.push(room.clone());
            let view = Some(view(1, true, 1));
            actions.extend(bench.on(Event::Inspected { room, view }));
        }
    }
    inspections
}

#[test]
fn rooms_without_a_publishing_agent_and_the_newest_empty_rooms_are_queried_first() {
    let mut rooms: Vec<_> = (0..10_000)
        .map(|number| Listing {
            room: format!("room-{number}"),
            sid: format!("RM_{number}"),
            created_at: number,
            participants: 1,
            publishers: 2,
        })
        .collect();
    rooms[4_000].publishers = 1;
    assert!(inspected_first(&rooms).contains(&"room-4000".to_owned()));
    for room in &mut rooms {
        (room.participants, room.publishers) = (0, 0);
    }
    assert!(inspected_first(&rooms).contains(&"room-9999".to_owned()));
}

#[test]
fn a_slow_server_is_asked_for_lists_less_often() {
    let mut bench = Bench::new(1);
    let rooms = Vec::new();
    let took = SECOND / 2;
    bench.on(Event::Listed { rooms, took });
    let next = bench.waiting.poll_timeout().unwrap() - bench.now;
    assert!((SECOND * 15..SECOND * 25).contains(&next), "{next:?}");
}
