//! Inputs of the cell state machine.

use crate::conversation::Checkpoint;
use crate::dispatch::{Assignment, JobResult};
use crate::ids::JobId;
use crate::secret::Secret;

use super::CellId;

/// An input of the cell state machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Start a call for this assignment.
    Start(Assignment),
    /// The worker is draining.
    Drain,
    /// End a call gracefully.
    Stop(JobId),
    /// Let the agent say goodbye, then end the call gracefully.
    SayGoodbye(JobId),
    /// The end of a call was reported, so the call may leave its room.
    Release(JobId),
    /// Accept no new calls. Running calls continue to their ends.
    Close,
    /// A message from a cell, or the end of its process.
    Cell(CellId, CellEvent),
}

/// A message from a cell, or the end of its process.
#[derive(Debug, Clone, PartialEq)]
pub enum CellEvent {
    /// The cell is ready for calls.
    Ready,
    /// The cell is alive. Sent every [`BEAT_EVERY`](super::BEAT_EVERY).
    Beat {
        /// Resident memory, in bytes.
        memory: u64,
    },
    /// The agent of a call has joined its room.
    Running(JobId),
    /// State from which another cell can resume the call.
    Checkpoint(JobId, Box<Checkpoint>),
    /// A new token for the room of a call.
    Token(JobId, Secret),
    /// A call has ended and waits for its release.
    Ended(JobId, JobResult),
    /// The agent of a call has left its room.
    Left(JobId),
    /// A call has panicked. The process continues.
    Panicked(JobId),
    /// The process has exited: by itself (`None`), or as described.
    Exited(Option<String>),
}
