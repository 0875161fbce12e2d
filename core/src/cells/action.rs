//! What must be done about cells.

use std::time::Duration;

use crate::conversation::Checkpoint;
use crate::dispatch::{Assignment, JobResult};
use crate::ids::JobId;

use super::CellId;

/// Something to be done, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Start a process; answered by `Ready`, and by `LeaveReason` in any case.
    Spawn(CellId),
    /// Make a call in a cell, or go on with it.
    Start(CellId, Box<Start>),
    /// End a call properly.
    Stop(CellId, JobId),
    /// The same, after a goodbye.
    SayGoodbye(CellId, JobId),
    /// Let a call leave its room.
    Release(CellId, JobId),
    /// Let a cell end once its calls have.
    Close(CellId),
    /// End a process now; answered by `LeaveReason`.
    Kill(CellId),
    /// Tell whoever dispatches.
    Tell(Told),
    /// Something worth noting.
    Observe(Fact),
}

/// A call for a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Which, and what opens its room.
    pub assignment: Assignment,
    /// Where another cell had to leave it.
    pub checkpoint: Option<Checkpoint>,
}

/// What dispatch must know of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is in its room.
    Running(JobId),
    /// It will join its room again, from another cell and under the same identity.
    Moved(JobId),
    /// It is over.
    Ended(JobId, JobResult),
}

/// Something worth noting.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A cell can make calls, so long after its start.
    Ready(CellId, Duration),
    /// A cell takes no more calls.
    Retired(CellId, Retired),
    /// A cell has said nothing for so long.
    Silent(CellId, Duration),
    /// A cell is killed.
    Killed(CellId, Killed),
    /// A cell is gone, with so many calls in it.
    Gone {
        /// Which.
        cell: CellId,
        /// How it died; none when it ended by itself.
        how: Option<String>,
        /// Calls that it was making.
        calls: usize,
    },
    /// A call was taken over, and is in its room again so long after its cell was gone.
    Adopted(JobId, Duration),
}

/// Why a cell takes no more calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retired {
    /// It has made enough.
    Calls,
    /// It is almost too big.
    Memory,
}

/// Why a cell is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Killed {
    /// It was not ready in time.
    NotReady,
    /// It said nothing for too long.
    Silent,
    /// It is too big.
    Memory,
}
