//! Random events for several workers; checks the invariants.
#![allow(clippy::print_stdout, reason = "figures are printed")]

use std::time::Duration;

use super::fleet::Fleet;
use crate::rng::for_each_seed;

const SECOND: Duration = Duration::from_secs(1);

/// A room gets an agent within this time while slots are free.
const SOON: Duration = Duration::from_secs(5);

fn something_happens(fleet: &mut Fleet, can_fail: bool) {
    let rooms: Vec<_> = fleet.rooms.keys().cloned().collect();
    let any = |fleet: &mut Fleet| (!rooms.is_empty()).then(|| fleet.rng.any(&rooms));
    match fleet.rng.below(if can_fail { 12 } else { 9 }) {
        0..=3 if rooms.len() < 40 => {
            let is_ours = !fleet.rng.once_in(6);
            for _ in 0..=fleet.rng.below(4) {
                fleet.open(is_ours);
            }
        }
        4 | 5 => {
            if let Some(room) = any(fleet) {
                fleet.hang_up(&room);
            }
        }
        6 => {
            if let Some(room) = any(fleet) {
                fleet.agent_leaves(&room, true);
            }
        }
        9 => {
            if let Some(room) = any(fleet) {
                fleet.agent_leaves(&room, false);
            }
        }
        10 if fleet.alive() > 1 && fleet.rng.once_in(20) => {
            let peer = fleet.rng.below(3);
            fleet.kill(peer);
        }
        _ => {}
    }
}

fn run(seed: u64) -> (usize, usize) {
    let mut fleet = Fleet::new(seed, 3, 4);
    fleet.refuses_one_in = 5;
    fleet.longest_join = 3_000;
    for _ in 0..150 {
        something_happens(&mut fleet, true);
        let millis = fleet.rng.below(1_500) as u64;
        fleet.pass(Duration::from_millis(millis));
    }
    // From here on nothing fails. A room that had failures waits for at most two minutes.
    fleet.refuses_one_in = usize::MAX;
    fleet.pass(SECOND * 135);
    let alone = fleet.alone();
    let free = fleet.free();
    assert!(
        alone.is_empty() || free == 0,
        "{alone:?} wait while {free} slots are free"
    );
    (fleet.claims, fleet.lost)
}

#[test]
fn no_room_waits_while_slots_are_free_and_no_room_has_two_agents() {
    let totals = for_each_seed(1..=60, run);
    let claims: usize = totals.iter().map(|it| it.0).sum();
    let lost: usize = totals.iter().map(|it| it.1).sum();
    println!("{claims} claims, {lost} of them too late");
    assert!(claims > 60, "hardly anything was claimed");
}

/// Twenty callers and twelve slots: each caller who hangs up frees a slot for a waiting one.
fn one_after_another(seed: u64) -> Duration {
    let mut fleet = Fleet::new(seed, 3, 4);
    for _ in 0..20 {
        fleet.open(true);
    }
    fleet.pass(SECOND * 10);
    assert_eq!((fleet.served().len(), fleet.alone().len()), (12, 8));
    assert_eq!(fleet.announced, 8 * 3, "each worker reports each room once");
    let mut longest = Duration::ZERO;
    for left in (0..8).rev() {
        let room = fleet.served().remove(0);
        fleet.hang_up(&room);
        let freed = fleet.now;
        while fleet.alone().len() > left {
            fleet.tick();
            assert!(
                fleet.now - freed <= SOON,
                "a free slot was not used: {:?}",
                fleet.alone()
            );
        }
        longest = longest.max(fleet.now - freed);
        assert_eq!(fleet.free(), 0);
    }
    longest
}

#[test]
fn a_freed_slot_is_used_within_seconds() {
    let longest = for_each_seed(1..=40, one_after_another);
    println!(
        "at most {:?} from a free slot to an agent",
        longest.iter().max().unwrap()
    );
}

/// Twelve callers at once and twelve slots, and every second offer is refused for a while.
fn refused_at_first(seed: u64) -> Duration {
    let mut fleet = Fleet::new(seed, 3, 4);
    fleet.refuses_one_in = 2;
    let began = fleet.now;
    for _ in 0..12 {
        fleet.open(true);
    }
    fleet.pass(Duration::from_millis(300));
    fleet.refuses_one_in = usize::MAX;
    while !fleet.alone().is_empty() {
        fleet.tick();
        assert!(fleet.now - began <= SOON, "{:?} still wait", fleet.alone());
    }
    fleet.now - began
}

#[test]
fn refused_callers_get_an_agent_within_seconds_while_slots_are_free() {
    let longest = for_each_seed(1..=40, refused_at_first);
    println!(
        "at most {:?} from a refusal to an agent",
        longest.iter().max().unwrap()
    );
}

/// One of three workers dies with its calls; the others have capacity for them.
fn one_dies(seed: u64) {
    let mut fleet = Fleet::new(seed, 3, 6);
    for _ in 0..12 {
        fleet.open(true);
    }
    fleet.pass(SECOND * 20);
    assert_eq!(fleet.served().len(), 12);
    fleet.kill(1);
    fleet.pass(SECOND * 30);
    assert_eq!((fleet.served().len(), fleet.alone().len()), (12, 0));
}

#[test]
fn calls_of_a_dead_worker_go_to_the_others() {
    for_each_seed(1..=40, one_dies);
}
