//! What happens to a worker.

use std::collections::HashMap;

use crate::ids::{Identity, JobId};
use crate::secret::{Private, Secret};

use super::JobType;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The socket is open.
    Opened,
    /// The socket could not be opened, or is gone; why, in words.
    Lost(String),
    /// The server said something.
    Server(ServerEvent),
    /// A new sample of the machine's load.
    Load(Sample),
    /// The call has joined its room.
    Running(JobId),
    /// The call joins its room again under the same identity: the server sees the agent leave.
    Moved(JobId),
    /// The call is over and about to leave its room.
    Ended(JobId, JobResult),
    /// No more calls; running ones go on. The second one ends everything now.
    Drain,
}

/// How busy the machine has been since the sample before, as shares of its CPU, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// With everything that runs on it.
    pub machine: f32,
    /// With the worker's own processes alone, if that is known.
    pub own: Option<f32>,
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerEvent {
    /// The registration is accepted.
    Registered {
        /// Under this name; another one after each registration.
        worker_id: String,
    },
    /// Will the worker take this call?
    Offer(Job),
    /// The call is the worker's.
    Assigned(Assignment),
    /// The call is to end.
    Terminated(JobId),
    /// The server will go: the worker registers anew and keeps its calls.
    GoAway {
        /// Why, for the log.
        reason: String,
    },
    /// A message this worker has no use for.
    Other,
}

/// A call to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its name, `AJ_…`.
    pub id: JobId,
    /// What asked for it.
    pub job_type: JobType,
    /// Where it takes place.
    pub room: String,
    /// Whom it is for, unless it is for the room.
    pub participant: Option<Identity>,
    /// The dispatch that made it.
    pub dispatch_id: String,
    /// What whoever dispatched it wants the agent to know.
    pub metadata: Private<String>,
    /// The same as pairs.
    pub attributes: HashMap<String, String>,
    /// Whether it was another worker's before.
    pub resuming: bool,
}

/// A call that is the worker's to make.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The call.
    pub job: Job,
    /// Another server than the worker's own.
    pub url: Option<String>,
    /// Opens the room.
    pub token: Secret,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobResult {
    /// As calls do.
    Success,
    /// With this line, which the dashboard shows.
    Failed(String),
}
