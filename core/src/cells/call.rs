//! One call, wherever it is made.

use std::time::Instant;

use super::CellId;
use super::action::Start;

/// One call, from its assignment until it has left its room.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) start: Start,
    pub(super) stage: Stage,
    /// Where it is made, unless it waits.
    pub(super) home: Option<CellId>,
    /// Cells that died while they made it, in a row.
    pub(super) deaths: u32,
    /// When the last of them was gone.
    pub(super) orphaned: Option<Instant>,
    /// When it has run long enough to be innocent of that.
    pub(super) cleared: Option<Instant>,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no cell for it; until then.
    Waiting(Instant),
    /// A cell makes it.
    Made,
    /// It was told to end.
    Stopping,
    /// Its end is told; it leaves its room.
    Ended,
}

impl Call {
    pub(super) fn new(start: Start, until: Instant) -> Self {
        Self {
            start,
            stage: Stage::Waiting(until),
            home: None,
            deaths: 0,
            orphaned: None,
            cleared: None,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }

    /// Whether its last cell died, and the present one may for the same reason.
    pub(super) fn is_suspect(&self) -> bool {
        self.deaths > 0
    }
}
