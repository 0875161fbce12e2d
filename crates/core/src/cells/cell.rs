//! The state of one cell, as the worker sees it.

use std::time::Instant;

use super::{CellId, Limits};

/// A cell.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) id: CellId,
    pub(super) stage: Stage,
    pub(super) started: Instant,
    /// Number of calls it has been given so far.
    pub(super) given: u32,
    /// When its last message arrived, once it is ready.
    pub(super) heard: Instant,
    /// Whether its silence was already reported.
    pub(super) is_silent: bool,
}

/// Stage of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is loading the native core.
    Starting,
    /// It accepts calls.
    Ready,
    /// It finishes its calls and accepts no new ones.
    Retired,
    /// It was asked to exit.
    Closing,
    /// It was killed and has not exited yet.
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

    /// Whether it accepts calls, now or once it is ready.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Ready)
    }

    /// Whether it can accept another call while it has `calls`.
    pub(super) fn has_room(&self, calls: usize, limits: &Limits) -> bool {
        self.stage == Stage::Ready && calls < limits.rooms_per_cell
    }

    /// Whether it must send messages regularly.
    pub(super) fn is_watched(&self) -> bool {
        matches!(self.stage, Stage::Ready | Stage::Retired | Stage::Closing)
    }
}
