//! What happens to cells and their calls.

use crate::conversation::Checkpoint;
use crate::dispatch::{Assignment, JobResult};
use crate::ids::JobId;
use crate::secret::Secret;

use super::CellId;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A call is to be made.
    Start(Assignment),
    /// A call is to end properly.
    Stop(JobId),
    /// The same, after a goodbye.
    SayGoodbye(JobId),
    /// The end of a call is told: it may leave its room.
    Release(JobId),
    /// No more calls will come; those that are made go on to their ends.
    Close,
    /// A cell says something.
    Cell(CellId, CellEvent),
}

/// What one cell says, or what is seen of it.
#[derive(Debug, Clone, PartialEq)]
pub enum CellEvent {
    /// It can make calls.
    Ready,
    /// It is alive, and so big.
    Beat {
        /// Resident memory, in bytes.
        memory: u64,
    },
    /// A call is in its room.
    Running(JobId),
    /// From here another cell could go on with a call.
    Checkpoint(JobId, Box<Checkpoint>),
    /// What opens the room of a call from now on.
    Token(JobId, Secret),
    /// A call is over; it waits to be released.
    Ended(JobId, JobResult),
    /// A call has left its room.
    Left(JobId),
    /// A bug has ended a call, and the process goes on.
    Broken(JobId),
    /// The process is gone: by itself, or in this way.
    Gone(Option<String>),
}
