//! One cell, as it is seen from outside.

use std::time::Instant;

use super::{CellId, Limits};

/// One cell.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) id: CellId,
    pub(super) stage: Stage,
    pub(super) started: Instant,
    /// Calls that it was ever given.
    pub(super) given: u32,
    /// When it last said something, once it is ready.
    pub(super) heard: Instant,
    /// It is told to be silent already.
    pub(super) is_silent: bool,
}

/// How far a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It loads the native core.
    Starting,
    /// It takes calls.
    Ready,
    /// It finishes its calls.
    Retired,
    /// It was told to end.
    Closing,
    /// It was killed and is not gone yet.
    Killed,
}

impl Cell {
    pub(super) fn new(id: CellId, now: Instant) -> Self {
        Self {
            id,
            stage: Stage::Starting,
            started: now,
            given: 0,
            heard: now,
            is_silent: false,
        }
    }

    /// Whether it takes calls, now or soon.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Ready)
    }

    /// Whether it takes one more call while it makes `calls`.
    pub(super) fn has_room(&self, calls: usize, limits: &Limits) -> bool {
        self.stage == Stage::Ready && calls < limits.rooms_per_cell
    }

    /// Whether it must answer for itself.
    pub(super) fn is_watched(&self) -> bool {
        matches!(self.stage, Stage::Ready | Stage::Retired | Stage::Closing)
    }
}
