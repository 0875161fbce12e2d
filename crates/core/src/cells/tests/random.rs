//! Random events in random order; checks the invariants. A failure prints its seed.

use std::collections::{BTreeMap, BTreeSet};

use super::harness::*;
use crate::cells::{Action, CallUpdate, CellEvent, Event, Limits};
use crate::dispatch::JobResult;
use crate::rng::{Rng, for_each_seed};

const SEEDS: u64 = 100;
const STEPS: usize = 300;

#[derive(Default)]
struct World {
    starting: BTreeSet<u32>,
    alive: BTreeSet<u32>,
    /// Calls in a cell that is alive, and the cell.
    placed: BTreeMap<String, u32>,
    /// Calls whose end has not been reported.
    open: BTreeSet<String>,
    ended: BTreeSet<String>,
    moved: usize,
}

impl World {
    fn check(&mut self, actions: &[Action], per_cell: usize) {
        for action in actions {
            match action {
                Action::Spawn(cell) => {
                    assert!(self.starting.insert(cell.0), "{cell} was spawned twice")
                }
                Action::Start(cell, start) => {
                    let job = start.assignment.job.id.to_string();
                    assert!(self.alive.contains(&cell.0), "{job} in cell {cell}");
                    assert!(self.open.contains(&job), "{job} was started after its end");
                    let twice = self.placed.insert(job.clone(), cell.0);
                    assert_eq!(twice, None, "{job} is in two cells");
                    let calls = self.placed.values().filter(|it| **it == cell.0).count();
                    assert!(calls <= per_cell, "{calls} calls in cell {cell}");
                }
                Action::CallUpdate(CallUpdate::Ended(job, _)) => {
                    let job = job.to_string();
                    assert!(self.open.remove(&job), "{job} ended twice");
                    self.ended.insert(job);
                }
                Action::CallUpdate(CallUpdate::Moved(_)) => self.moved += 1,
                _ => {}
            }
        }
    }
}

#[test]
fn invariants_hold_for_random_events() {
    let (mut ended, mut moved) = (0, 0);
    for world in for_each_seed(1..=SEEDS, run) {
        ended += world.ended.len();
        moved += world.moved;
    }
    assert!(ended > 2_000 && moved > 300, "{ended} ended, {moved} moved");
}

fn run(seed: u64) -> World {
    let mut rng = Rng::new(seed);
    let limits = Limits {
        rooms_per_cell: 1 + rng.below(4),
        cell_calls: 1 + rng.below(20) as u32,
        memory: 100,
    };
    let (mut bench, mut world, mut next) = (Bench::new(limits), World::default(), 0);
    let actions = bench.actions();
    world.check(&actions, limits.rooms_per_cell);
    for _ in 0..STEPS {
        let actions = step(&mut rng, &mut bench, &mut world, &mut next);
        world.check(&actions, limits.rooms_per_cell);
    }
    let last = bench.pass(60 * SECOND);
    world.check(&last, limits.rooms_per_cell);
    let lost: Vec<_> = world
        .open
        .iter()
        .filter(|job| !world.placed.contains_key(*job))
        .collect();
    assert!(lost.is_empty(), "{lost:?} are in no cell");
    world
}

fn step(rng: &mut Rng, bench: &mut Bench, world: &mut World, next: &mut u32) -> Vec<Action> {
    let any = |set: Vec<u32>, rng: &mut Rng| match set.len() {
        0 => 0,
        len => set[rng.below(len)],
    };
    let alive = any(world.alive.iter().copied().collect(), rng);
    let placed: Vec<_> = world
        .placed
        .iter()
        .map(|(job, cell)| (job.clone(), *cell))
        .collect();
    match rng.below(20) {
        0..=4 => {
            *next += 1;
            let name = format!("j{next}");
            world.open.insert(name.clone());
            bench.start(&name)
        }
        5..=8 => match world.starting.pop_first() {
            Some(cell) => {
                world.alive.insert(cell);
                bench.ready(cell)
            }
            None => Vec::new(),
        },
        9..=10 if !placed.is_empty() => {
            let (name, cell) = &placed[rng.below(placed.len())];
            bench.cell(*cell, CellEvent::Running(job(name)))
        }
        11..=13 if !placed.is_empty() => {
            let (name, cell) = &placed[rng.below(placed.len())];
            let ended = CellEvent::Ended(job(name), JobResult::Success);
            let mut actions = bench.cell(*cell, ended);
            actions.extend(bench.on(Event::Release(job(name))));
            world.placed.remove(name);
            actions.extend(bench.cell(*cell, CellEvent::Left(job(name))));
            actions
        }
        14 if !placed.is_empty() => {
            let (name, _) = &placed[rng.below(placed.len())];
            bench.on(Event::Stop(job(name)))
        }
        15 => {
            let memory = rng.below(105) as u64;
            bench.cell(alive, CellEvent::Beat { memory })
        }
        16 => {
            world.alive.remove(&alive);
            world.placed.retain(|_, cell| *cell != alive);
            bench.killed(alive)
        }
        17 => match world.starting.pop_last() {
            Some(cell) => bench.killed(cell),
            None => Vec::new(),
        },
        _ => bench.pass(SECOND / 4),
    }
}
