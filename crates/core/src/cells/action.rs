//! Outputs of the cell state machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conversation::Checkpoint;
use crate::dispatch::{Assignment, JobResult};
use crate::ids::JobId;

use super::CellId;

/// An action for the driver. Actions must be carried out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Start a cell process. The driver answers with `Ready` once it is up, and with `Exited` in
    /// any case.
    Spawn(CellId),
    /// Start a call in a cell, or resume it there.
    Start(CellId, Box<Start>),
    /// Tell the calls of a cell that the worker is draining.
    Drain(CellId),
    /// End a call gracefully.
    Stop(CellId, JobId),
    /// Let the agent say goodbye, then end the call gracefully.
    SayGoodbye(CellId, JobId),
    /// Let a call leave its room.
    Release(CellId, JobId),
    /// Let a cell exit once its calls have ended.
    Close(CellId),
    /// Kill a cell process now. The driver answers with `Exited`.
    Kill(CellId),
    /// Report a change of a call to the dispatch state machine.
    CallUpdate(CallUpdate),
    /// Something to log or to count.
    Observe(Fact),
}

/// What a cell needs to start a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The job, and the token for its room.
    pub assignment: Assignment,
    /// Last checkpoint of the cell that lost the call, if the call is resumed.
    pub checkpoint: Option<Checkpoint>,
}

/// A change of a call that the dispatch state machine must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallUpdate {
    /// The agent has joined the room.
    Running(JobId),
    /// The agent will rejoin its room from another cell, under the same identity.
    Moved(JobId),
    /// The call has ended.
    Ended(JobId, JobResult),
}

/// Something to log or to count.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A cell is ready for calls, this long after it was started.
    Ready(CellId, Duration),
    /// A cell accepts no new calls.
    Retired(CellId, Retired),
    /// A cell has sent nothing for this long.
    Silent(CellId, Duration),
    /// A cell is being killed.
    Killed(CellId, Killed),
    /// A cell process has exited.
    Exited {
        /// The cell.
        cell: CellId,
        /// How the process died, for example `signal 9`. `None` if it exited by itself.
        how: Option<String>,
        /// Unfinished calls of the cell.
        calls: usize,
    },
    /// A call was resumed in another cell. The duration is the time from the loss of its cell until
    /// the agent was in its room again.
    Resumed(JobId, Duration),
}

/// Why a cell accepts no new calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retired {
    /// It has been given [`Limits::cell_calls`](super::Limits::cell_calls) calls.
    Calls,
    /// Its memory is close to [`Limits::memory`](super::Limits::memory).
    Memory,
}

/// Why a cell is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Killed {
    /// It was not ready before the deadline.
    NotReady,
    /// It sent nothing for too long.
    Silent,
    /// Its memory has reached [`Limits::memory`](super::Limits::memory).
    Memory,
}
