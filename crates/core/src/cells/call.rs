//! The state of one call, whichever cell handles it.

use std::time::Instant;

use super::CellId;
use super::action::Start;

/// A call, from its assignment until the agent has left the room.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) start: Start,
    pub(super) stage: Stage,
    /// Cell that handles the call. `None` while it waits for one.
    pub(super) cell: Option<CellId>,
    /// Consecutive cells that died while they handled the call.
    pub(super) deaths: u32,
    /// When the last of those cells was lost, until the call runs again.
    pub(super) orphaned: Option<Instant>,
    /// When `deaths` is reset, because the call has run long enough in its present cell.
    pub(super) cleared: Option<Instant>,
}

/// Stage of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for a cell until this deadline.
    Waiting(Instant),
    /// A cell handles it.
    Placed,
    /// It was asked to end.
    Stopping,
    /// Its end was reported. The agent is leaving the room.
    Ended,
}

impl Call {
    pub(super) fn new(start: Start, until: Instant) -> Self {
        Self {
            start,
            stage: Stage::Waiting(until),
            cell: None,
            deaths: 0,
            orphaned: None,
            cleared: None,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }

    /// Whether the call may be what killed its last cell, and so may kill the present one.
    pub(super) fn is_suspect(&self) -> bool {
        self.deaths > 0
    }
}
