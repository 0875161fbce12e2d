//! Cells that die, hang or grow too big, and what happens to their calls.

use super::harness::*;
use crate::cells::failure::CLEARED_AFTER;
use crate::cells::{
    Action, CallUpdate, CellEvent, CellId, Event, Fact, Killed, Limits, READY_WITHIN,
};
use crate::dispatch::JobResult;
use crate::secret::Secret;

fn failed(updates: &[CallUpdate], name: &str) -> bool {
    updates.iter().any(
        |it| matches!(it, CallUpdate::Ended(ended, JobResult::Failed(_)) if *ended == job(name)),
    )
}

#[test]
fn calls_of_a_dead_cell_resume_in_another_from_their_checkpoints() {
    let mut bench = Bench::of(8);
    assert_eq!(bench.call("a"), 1);
    bench.cell(1, CellEvent::Checkpoint(job("a"), checkpoint("ada")));
    bench.cell(1, CellEvent::Token(job("a"), Secret::new("second")));
    let actions = bench.killed(1);
    let exited = Fact::Exited {
        cell: CellId(1),
        how: Some("signal 9".to_owned()),
        calls: 1,
    };
    assert_eq!(facts(&actions), [exited]);
    assert_eq!(updates(&actions), [CallUpdate::Moved(job("a"))]);
    let (cell, start) = started(&actions, "a").unwrap();
    assert_eq!(cell, 2);
    assert_eq!(start.checkpoint.as_ref(), Some(checkpoint("ada").as_ref()));
    assert_eq!(start.assignment.token, Secret::new("second"));
    bench.pass(SECOND / 2);
    let actions = bench.cell(2, CellEvent::Running(job("a")));
    let resumed = Fact::Resumed(job("a"), SECOND / 2);
    assert_eq!(facts(&actions), [resumed]);
    assert_eq!(updates(&actions), [CallUpdate::Running(job("a"))]);
}

#[test]
fn a_dead_cell_is_replaced_immediately() {
    let mut bench = Bench::of(8);
    bench.call("a");
    assert_eq!(spawned(&bench.killed(1)), [3]);
}

#[test]
fn calls_that_lost_a_cell_share_no_other_until_they_are_cleared() {
    let mut bench = Bench::of(8);
    for name in ["a", "b", "c", "d"] {
        bench.call(name);
    }
    // Calls a and c are in cell 1, b and d in cell 2.
    let actions = bench.killed(1);
    assert_eq!(cell_of(&actions, "a"), Some(2));
    assert_eq!(
        cell_of(&actions, "c"),
        None,
        "the only other cell has a suspect"
    );
    let [third] = spawned(&actions)[..] else {
        panic!("{actions:?}");
    };
    assert_eq!(cell_of(&bench.ready(third), "c"), Some(third));
    for (cell, name) in [(2, "a"), (third, "c")] {
        bench.cell(cell, CellEvent::Running(job(name)));
    }
    // The faulty call kills its second cell: it fails, and its neighbours move for the first time.
    let updates = updates(&bench.killed(2));
    assert!(failed(&updates, "a"), "{updates:?}");
    assert!(
        !failed(&updates, "b") && !failed(&updates, "d"),
        "{updates:?}"
    );
}

#[test]
fn a_call_that_kills_two_cells_in_a_row_fails() {
    let mut bench = Bench::of(8);
    bench.call("a");
    bench.killed(1);
    bench.cell(2, CellEvent::Running(job("a")));
    bench.ready(3);
    assert!(failed(&updates(&bench.killed(2)), "a"));
}

#[test]
fn a_call_that_panics_is_resumed_once() {
    let mut bench = Bench::of(8);
    bench.call("a");
    let panicked = || CellEvent::Panicked(job("a"));
    assert_eq!(bench.cell(2, panicked()), [], "it is not in that cell");
    let actions = bench.cell(1, panicked());
    assert_eq!(updates(&actions), [CallUpdate::Moved(job("a"))]);
    let again = cell_of(&actions, "a").unwrap();
    assert!(failed(&updates(&bench.cell(again, panicked())), "a"));
}

#[test]
fn a_call_that_ran_long_enough_may_move_again() {
    let mut bench = Bench::of(8);
    bench.call("a");
    let replacement = spawned(&bench.killed(1))[0];
    bench.ready(replacement);
    bench.cell(2, CellEvent::Running(job("a")));
    for _ in 0..=CLEARED_AFTER.as_secs() {
        bench.pass(SECOND);
        for cell in [2, replacement] {
            bench.cell(cell, CellEvent::Beat { memory: 1 });
        }
    }
    assert_eq!(updates(&bench.killed(2)), [CallUpdate::Moved(job("a"))]);
}

#[test]
fn a_call_that_was_ending_is_not_resumed() {
    let mut bench = Bench::of(8);
    for name in ["a", "b"] {
        bench.start(name);
        bench.cell(1, CellEvent::Running(job(name)));
    }
    bench.cell(1, CellEvent::Ended(job("a"), JobResult::Success));
    bench.on(Event::Stop(job("b")));
    let updates = updates(&bench.killed(1));
    assert!(failed(&updates, "b"), "{updates:?}");
    assert_eq!(
        updates.len(),
        1,
        "the end of the other call was already reported: {updates:?}"
    );
}

#[test]
fn a_call_survives_its_cell_until_it_says_goodbye() {
    let mut bench = Bench::of(8);
    bench.call("a");
    assert_eq!(updates(&bench.killed(1)), [CallUpdate::Moved(job("a"))]);
    bench.cell(2, CellEvent::Running(job("a")));
    let actions = bench.on(Event::SayGoodbye(job("a")));
    assert_eq!(actions, [Action::SayGoodbye(CellId(2), job("a"))]);
    assert!(failed(&updates(&bench.killed(2)), "a"));
}

#[test]
fn late_messages_from_a_calls_previous_cell_are_ignored() {
    let mut bench = Bench::of(8);
    bench.call("a");
    bench.killed(1);
    let late = CellEvent::Ended(job("a"), JobResult::Success);
    assert_eq!(updates(&bench.cell(1, late)), []);
    assert_eq!(
        bench.on(Event::Stop(job("a"))),
        [Action::Stop(CellId(2), job("a"))]
    );
}

#[test]
fn a_silent_cell_is_reported_then_killed_and_its_call_moves_once_it_is_gone() {
    let mut bench = Bench::of(8);
    bench.call("a");
    let beat = |bench: &mut Bench| bench.cell(2, CellEvent::Beat { memory: 1 });
    let mut actions = Vec::new();
    for _ in 0..7 {
        actions.extend(bench.pass(SECOND));
        actions.extend(beat(&mut bench));
    }
    let silent = Fact::Silent(CellId(1), 3 * SECOND);
    let killed = Fact::Killed(CellId(1), Killed::Silent);
    assert_eq!(facts(&actions), [silent, killed]);
    assert!(actions.contains(&Action::Kill(CellId(1))));
    assert_eq!(
        cell_of(&actions, "a"),
        None,
        "the agent may still be in its room"
    );
    assert_eq!(cell_of(&bench.killed(1), "a"), Some(2));
}

#[test]
fn a_cell_that_sends_again_is_not_killed() {
    let mut bench = Bench::of(8);
    bench.pass(4 * SECOND);
    bench.cell(1, CellEvent::Beat { memory: 1 });
    assert!(!bench.pass(4 * SECOND).contains(&Action::Kill(CellId(1))));
}

#[test]
fn a_cell_at_its_memory_limit_is_killed_once() {
    let mut bench = Bench::new(Limits {
        memory: 100,
        ..Limits::default()
    });
    bench.actions();
    bench.ready(1);
    let kill = Action::Kill(CellId(1));
    let beat = || CellEvent::Beat { memory: 100 };
    assert!(bench.cell(1, beat()).contains(&kill));
    assert!(!bench.cell(1, beat()).contains(&kill));
}

#[test]
fn cells_that_are_never_ready_are_killed_and_restarted_with_backoff() {
    let mut bench = Bench::new(Limits::default());
    bench.actions();
    let actions = bench.pass(READY_WITHIN);
    assert!(actions.contains(&Action::Kill(CellId(1))), "{actions:?}");
    assert_eq!(spawned(&bench.pass(SECOND)), [2]);
    let mut waits = Vec::new();
    for cell in 2..6 {
        let since = bench.now;
        let mut actions = bench.killed(cell);
        while spawned(&actions).is_empty() {
            actions = bench.pass(SECOND / 4);
        }
        waits.push((bench.now - since).as_millis());
    }
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000]);
}
