//! Which cells run, and which cell gets each call.

use super::harness::*;
use crate::cells::{Action, CallUpdate, CellEvent, CellId, Event, Fact, Limits, Retired};
use crate::dispatch::JobResult;

#[test]
fn a_cell_is_ready_before_the_first_call_which_starts_a_spare_one() {
    let mut bench = Bench::of(2);
    let actions = bench.start("a");
    assert_eq!(cell_of(&actions, "a"), Some(1));
    assert_eq!(spawned(&actions), [2]);
}

#[test]
fn calls_are_spread_over_the_ready_cells() {
    let mut bench = Bench::of(4);
    let homes = ["a", "b", "c", "d", "e"].map(|job| bench.call(job));
    assert_eq!(homes, [1, 2, 1, 2, 1]);
    assert_eq!(bench.call("f"), 3, "the fifth call started it");
}

#[test]
fn a_call_waits_for_a_starting_cell() {
    let mut bench = Bench::of(1);
    let actions = bench.start("a");
    assert_eq!(spawned(&actions), [2]);
    assert_eq!(cell_of(&bench.start("b"), "b"), None);
    assert_eq!(cell_of(&bench.ready(2), "b"), Some(2));
}

#[test]
fn a_call_without_a_cell_fails_at_its_deadline() {
    let mut bench = Bench::new(Limits::default());
    bench.actions();
    bench.start("a");
    let updates = updates(&bench.pass(11 * SECOND));
    let [CallUpdate::Ended(ended, JobResult::Failed(why))] = updates.as_slice() else {
        panic!("{updates:?}");
    };
    assert_eq!(ended, &job("a"));
    assert!(why.contains("in time"), "{why}");
    assert_eq!(cell_of(&bench.ready(1), "a"), None);
}

#[test]
fn a_call_that_is_stopped_before_it_has_a_cell_is_over() {
    let mut bench = Bench::new(Limits::default());
    bench.actions();
    bench.start("a");
    let ended = CallUpdate::Ended(job("a"), JobResult::Success);
    assert_eq!(updates(&bench.on(Event::Stop(job("a")))), [ended]);
    assert_eq!(cell_of(&bench.ready(1), "a"), None);
}

#[test]
fn events_of_a_call_are_reported_and_its_commands_reach_its_cell() {
    let mut bench = Bench::of(8);
    let home = bench.call("a");
    let cell = CellId(home);
    assert_eq!(
        bench.on(Event::Stop(job("a"))),
        [Action::Stop(cell, job("a"))]
    );
    let ended = CallUpdate::Ended(job("a"), JobResult::Success);
    let actions = bench.cell(home, CellEvent::Ended(job("a"), JobResult::Success));
    assert_eq!(actions, [Action::CallUpdate(ended)]);
    assert_eq!(
        bench.on(Event::Release(job("a"))),
        [Action::Release(cell, job("a"))]
    );
    bench.cell(home, CellEvent::Left(job("a")));
    assert_eq!(bench.on(Event::Stop(job("a"))), [], "the call is forgotten");
}

#[test]
fn a_cell_that_has_reached_its_call_limit_is_replaced_without_a_gap() {
    let mut bench = Bench::new(Limits {
        rooms_per_cell: 2,
        cell_calls: 2,
        ..Limits::default()
    });
    bench.actions();
    bench.ready(1);
    bench.call("a");
    bench.over(1, "a");
    let actions = bench.start("b");
    assert_eq!(cell_of(&actions, "b"), Some(1));
    let retired = Fact::Retired(CellId(1), Retired::Calls);
    assert_eq!(facts(&actions), [retired]);
    assert_eq!(bench.call("c"), 2);
    assert!(bench.over(1, "b").contains(&Action::Close(CellId(1))));
    assert_eq!(
        bench.cell(1, CellEvent::Exited(None)).len(),
        1,
        "it is only logged"
    );
}

#[test]
fn a_cell_close_to_its_memory_limit_takes_no_new_calls() {
    let mut bench = Bench::new(Limits {
        memory: 100,
        ..Limits::default()
    });
    bench.actions();
    bench.ready(1);
    bench.call("a");
    assert_eq!(bench.cell(1, CellEvent::Beat { memory: 79 }), []);
    let actions = bench.cell(1, CellEvent::Beat { memory: 80 });
    let retired = Fact::Retired(CellId(1), Retired::Memory);
    assert_eq!(facts(&actions), [retired]);
    assert_eq!(bench.call("b"), 2);
}

#[test]
fn surplus_idle_cells_are_closed() {
    let mut bench = Bench::of(1);
    let homes = ["a", "b", "c"].map(|job| bench.call(job));
    assert_eq!(homes, [1, 2, 3]);
    let mut closed = Vec::new();
    for (cell, job) in homes.into_iter().zip(["a", "b", "c"]) {
        closed.extend(bench.over(cell, job).into_iter().filter_map(|it| match it {
            Action::Close(cell) => Some(cell.0),
            _ => None,
        }));
    }
    assert_eq!(
        closed.len(),
        2,
        "a spare cell and one surplus cell stay: {closed:?}"
    );
}

#[test]
fn after_close_no_cell_is_started_and_every_cell_is_closed() {
    let mut bench = Bench::of(8);
    bench.call("a");
    let actions = bench.on(Event::Close);
    assert_eq!(actions, [Action::Close(CellId(2))]);
    assert!(spawned(&bench.killed(2)).is_empty());
    assert!(
        bench.over(1, "a").contains(&Action::Close(CellId(1))),
        "the cell closes after its call"
    );
    assert_eq!(bench.on(Event::Close), []);
}

#[test]
fn all_cells_and_those_started_later_know_that_the_worker_drains() {
    let mut bench = Bench::of(8);
    bench.call("a");
    let told = [1, 2].map(|cell| Action::Drain(CellId(cell)));
    assert_eq!(bench.on(Event::Drain), told);
    let actions = bench.killed(2);
    let is_told = |it: &Action| *it == Action::Drain(CellId(3));
    assert_eq!(spawned(&actions), [3]);
    assert!(actions.iter().any(is_told), "{actions:?}");
}
