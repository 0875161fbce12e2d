//! What a worker must do.

use std::collections::HashMap;
use std::time::Duration;

use crate::ids::{Identity, JobId};

use super::{Assignment, JobResult, Settings};

/// Something to be done, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Open the socket with a fresh token; answered by `Opened` or `Lost`.
    Connect,
    /// Close the socket; nothing is answered.
    Disconnect,
    /// Send a message.
    Send(Command),
    /// Begin a call; answered by `Running`, and by `Ended` in any case.
    Start(Assignment),
    /// End a call properly; answered by `Ended`.
    Stop(JobId, StopReason),
    /// Its end is told: the call may leave its room once all that was sent is on its way.
    Release(JobId),
    /// Something worth noting.
    Observe(Fact),
    /// The worker is done; how many calls did not end by themselves. The last action.
    Finish {
        /// Calls that were stopped.
        cut: usize,
    },
}

/// A message to the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The first one.
    Register(Box<Settings>),
    /// The answer to an offer.
    Answer(Answer),
    /// How the worker is.
    Status(Status),
    /// How a call is.
    Job(JobId, JobStatus),
    /// Calls that went on while the socket was gone.
    Migrate(Vec<JobId>),
}

/// The answer to an offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The worker takes the call.
    Accept {
        /// Which.
        job: JobId,
        /// Who the agent will be in the room.
        identity: Identity,
        /// Shown to people.
        name: String,
        /// Set from its first moment on.
        attributes: HashMap<String, String>,
    },
    /// The worker does not take the call.
    Refuse {
        /// Which.
        job: JobId,
        /// Nobody else shall take it either; otherwise the server asks another worker.
        for_all: bool,
    },
}

/// How the worker is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    /// It takes no calls now.
    pub full: bool,
    /// From 0 to 1; below 0.7 unless it is full, because the server offers nothing from there on.
    pub load: f32,
    /// Calls it makes.
    pub jobs: u32,
    /// It will not take any more calls.
    pub draining: bool,
    /// Counts the reports of one registration.
    pub seq: u64,
}

/// How a call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStatus {
    /// The agent is in the room.
    Running,
    /// The agent is about to leave.
    Ended(JobResult),
}

/// Why a call is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The server said so.
    Terminated,
    /// The worker ends, and the call's time is up: the agent says goodbye.
    Drained,
    /// The same without a goodbye.
    AtOnce,
}

/// Why an offer was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Every slot is taken.
    NoSlot,
    /// The machine has enough to do.
    Load,
    /// The worker is about to end.
    Draining,
    /// The agent is in that room already: a second one would talk over it.
    AlreadyThere,
}

/// What a worker decides by when it takes calls; loads are shares of the machine's CPU, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Capacity {
    /// Why no calls are taken, if none are.
    pub full: Option<Refusal>,
    /// What the machine has had to do for a while.
    pub sustained: f32,
    /// The same with the calls that begin, and without those that have just ended.
    pub expected: f32,
    /// Sustained load from which on no call is taken.
    pub full_at: Option<f32>,
    /// What one more call is expected to add.
    pub price: f32,
    /// Calls that are made or promised.
    pub taken: usize,
    /// Maximum concurrent calls.
    pub slots: usize,
}

/// Something worth noting.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The server knows the worker.
    Registered {
        /// Under this name.
        worker_id: String,
    },
    /// The way to the server is lost; the next try comes after this time.
    Lost {
        /// Why, in words.
        reason: String,
        /// Tries without a registration so far.
        attempt: u32,
        /// Until the next one.
        retry_in: Duration,
    },
    /// The server asked the worker to register elsewhere.
    GoAway {
        /// Why, in words.
        reason: String,
    },
    /// An offer was taken, or why not.
    Answered(JobId, Result<(), Refusal>),
    /// An offer was refused for lack of a slot or because of the load: if no other worker takes
    /// it, the room waits.
    TurnedAway {
        /// Where.
        room: String,
        /// The dispatch that was offered.
        dispatch: String,
    },
    /// An offer was taken, and the call went to somebody else or nowhere.
    NotAssigned(JobId),
    /// The server ended a call because its agent left the room; it is on its way back.
    Kept(JobId),
    /// How much the worker can take; comes with each report, and before `Full` or a refusal.
    Capacity(Capacity),
    /// The worker takes no calls now, or does again.
    Full(bool),
    /// Nothing more is taken.
    Draining {
        /// Calls that go on.
        jobs: usize,
    },
}
