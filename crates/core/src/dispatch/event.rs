//! Inputs of the dispatch state machine.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::ids::{Identity, JobId};
use crate::secret::{Private, Secret};

use super::JobType;

/// An input of the dispatch state machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The WebSocket to the server is open.
    Opened,
    /// The WebSocket could not be opened, or is closed. The text is the reason.
    Lost(String),
    /// The server refused the API key. The text is the reason.
    Refused(String),
    /// A message from the server.
    Server(ServerEvent),
    /// A new sample of the CPU load.
    Load(Sample),
    /// The agent of a call has joined its room.
    Running(JobId),
    /// The agent is rejoining its room under the same identity, so the server sees it leave.
    Moved(JobId),
    /// A call has ended and the agent is about to leave the room.
    Ended(JobId, JobResult),
    /// Accept no new jobs and let running calls continue. When it comes a second time, exit now.
    Drain,
}

/// CPU load since the previous sample, as a share of the machine's CPU, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Load of everything that runs on the machine.
    pub machine: f32,
    /// Load of the worker's own processes, if known.
    pub own: Option<f32>,
}

/// A message from the server.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerEvent {
    /// The server has accepted the registration.
    Registered {
        /// ID of the worker; a new one after each registration.
        worker_id: String,
    },
    /// The server offers a job.
    Offer(Job),
    /// The server has assigned a job to this worker.
    Assigned(Assignment),
    /// The server has terminated a job.
    Terminated(JobId),
    /// The server is about to shut down: the worker registers again and keeps its calls.
    GoAway {
        /// The reason, for the log.
        reason: String,
    },
    /// A message that the worker ignores.
    Other,
}

/// A job as the server offers or assigns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// ID of the job, `AJ_…`.
    pub id: JobId,
    /// What the job was dispatched for: a room, a publisher or a participant.
    pub job_type: JobType,
    /// Name of the room.
    pub room: String,
    /// Identity of the participant the job is for. `None` for a job of type [`JobType::Room`].
    pub participant: Option<Identity>,
    /// ID of the dispatch, `AD_…`.
    pub dispatch_id: String,
    /// Metadata that the dispatcher passes to the agent.
    #[serde(serialize_with = "Private::serialize_revealed")]
    pub metadata: Private<String>,
    /// Attributes of the job.
    pub attributes: HashMap<String, String>,
    /// Whether another worker had the job before.
    pub resuming: bool,
}

/// A job that the server has assigned to this worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The job.
    pub job: Job,
    /// URL of the server to join, if it is not the one the worker is registered with.
    pub url: Option<String>,
    /// Access token for the room.
    #[serde(serialize_with = "Secret::serialize_revealed")]
    pub token: Secret,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobResult {
    /// The call ended normally.
    Success,
    /// The call failed. LiveKit's dashboard shows this message.
    Failed(String),
}
