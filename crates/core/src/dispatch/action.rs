//! Outputs of the dispatch state machine.

use std::collections::HashMap;
use std::time::Duration;

use crate::ids::{Identity, JobId};

use super::{Assignment, JobResult, Settings};

/// An action for the driver. Actions must be carried out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Open the WebSocket with a new token. The driver answers with `Opened` or `Lost`.
    Connect,
    /// Close the WebSocket. There is no answer.
    Disconnect,
    /// Send a message to the server.
    Send(Command),
    /// Start a call. The driver answers with `Running` once the agent has joined, and with `Ended`
    /// in any case.
    Start(Assignment),
    /// Tell every call, also those that start later, that the worker waits only for its calls to
    /// end.
    Drain,
    /// End a call gracefully. The driver answers with `Ended`.
    Stop(JobId, StopReason),
    /// The end of the call was reported: the agent may leave the room once all messages are sent.
    Release(JobId),
    /// Something to log or to count.
    Observe(Fact),
    /// The worker has finished. This is the last action.
    Finish {
        /// Calls that the worker stopped before they ended by themselves.
        cut: usize,
    },
}

/// A message to the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Register the worker. Always the first message.
    Register(Box<Settings>),
    /// Answer a job offer.
    Answer(Answer),
    /// Report the status of the worker.
    Status(Status),
    /// Report the status of a job.
    Job(JobId, JobStatus),
    /// Jobs whose calls continued while the connection was lost.
    Migrate(Vec<JobId>),
}

/// The answer to a job offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Accept the job.
    Accept {
        /// The job.
        job: JobId,
        /// Identity of the agent in the room.
        identity: Identity,
        /// Display name of the agent.
        name: String,
        /// Attributes that the agent has when it joins.
        attributes: HashMap<String, String>,
    },
    /// Refuse the job.
    Refuse {
        /// The job.
        job: JobId,
        /// Whether no other worker may get the job either. If `false`, the server asks the next
        /// worker.
        for_all: bool,
    },
}

/// Status of a worker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    /// Whether the worker accepts no jobs at the moment.
    pub full: bool,
    /// Load, 0 to 1. Below 0.7 unless the worker is full, because the server offers no jobs from
    /// 0.7 on.
    pub load: f32,
    /// Number of running calls.
    pub jobs: u32,
    /// Whether the worker is draining and will accept no more jobs.
    pub draining: bool,
    /// Number of the report since the last registration.
    pub seq: u64,
}

/// Status of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStatus {
    /// The agent is in the room.
    Running,
    /// The agent is about to leave the room.
    Ended(JobResult),
}

/// Why a call is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The server terminated the job.
    Terminated,
    /// The drain time is over. The agent says goodbye.
    Drained,
    /// The drain time is over and the agent does not say goodbye.
    WithoutGoodbye,
}

/// Why an offer was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// All slots are taken.
    NoSlot,
    /// The machine is too busy.
    Load,
    /// The worker is draining.
    Draining,
    /// The agent is already in that room. A second one would talk over it.
    AlreadyThere,
}

/// The figures that decide whether a worker accepts jobs. Loads are shares of the machine's CPU, 0
/// to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Capacity {
    /// Why the worker accepts no jobs, or `None` if it accepts them.
    pub full: Option<Refusal>,
    /// Sustained load: the load of the machine, smoothed.
    pub sustained: f32,
    /// Expected load: the smoothed load plus that of calls that are starting, minus that of calls
    /// that have just ended.
    pub expected: f32,
    /// Sustained load from which on no job is accepted. `None` if load is not limited.
    pub full_at: Option<f32>,
    /// Expected additional load of one more call.
    pub call_cost: f32,
    /// Number of slots that are taken: by calls, or reserved for them.
    pub taken: usize,
    /// Maximum concurrent calls.
    pub slots: usize,
}

/// Something to log or to count.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The worker is registered.
    Registered {
        /// ID of the worker.
        worker_id: String,
    },
    /// The connection to the server is lost. The worker will retry.
    Lost {
        /// The reason, as text.
        reason: String,
        /// Attempts since the last registration.
        attempt: u32,
        /// Delay before the next attempt.
        retry_in: Duration,
    },
    /// The server asked the worker to register again, as it is about to shut down.
    GoAway {
        /// The reason, as text.
        reason: String,
    },
    /// An offer was accepted or refused.
    Answered(JobId, Result<(), Refusal>),
    /// An offer was refused because all slots are taken or the machine is too busy. If no other
    /// worker accepts it, the room waits.
    OfferRefused {
        /// Name of the room.
        room: String,
        /// ID of the dispatch.
        dispatch: String,
    },
    /// An offer was accepted, but the job was not assigned to this worker.
    NotAssigned(JobId),
    /// The server terminated a job because its agent left the room. The call continues, as the
    /// agent is rejoining.
    TerminationIgnored(JobId),
    /// Capacity of the worker. Comes with each status report, and before `Full` and each refusal.
    Capacity(Capacity),
    /// Whether the worker is full. Comes when this changes.
    Full(bool),
    /// The worker is draining.
    Draining {
        /// Number of running calls.
        jobs: usize,
    },
}
