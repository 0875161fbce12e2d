//! The registration and the limits of a worker.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conversation::SecondAgent;

/// How a worker presents itself to LiveKit, and its limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The kind of jobs the worker accepts.
    pub job_type: JobType,
    /// Agent name for explicit dispatch. If empty, every room without an explicit dispatch gets the
    /// agent.
    pub agent_name: String,
    /// Display name of the agent in the room.
    pub participant_name: String,
    /// Deployment that the worker belongs to; empty means production.
    pub deployment: String,
    /// Version of the worker.
    pub version: String,
    /// Permissions of the agent in its rooms.
    pub permissions: Permissions,
    /// Maximum concurrent calls; at least 1.
    pub slots: usize,
    /// What to do when a room that already has the agent is to get another.
    pub second_agent: SecondAgent,
    /// CPU load, 0 to 1, from which on the worker accepts no jobs. `None` if load is not limited.
    pub full_at: Option<f32>,
    /// How long running calls may continue after [`Event::Drain`](super::Event::Drain).
    pub drain_within: Duration,
    /// Whether the agent says goodbye in calls that are still running at the end of that time.
    pub says_goodbye: bool,
}

/// What the server creates a job for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum JobType {
    /// Each room.
    #[default]
    Room,
    /// Each participant who publishes a track.
    Publisher,
    /// Each participant.
    Participant,
}

/// Permissions of the agent in its rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// Publish tracks.
    pub publish: bool,
    /// Subscribe to tracks.
    pub subscribe: bool,
    /// Publish data messages and text streams.
    pub publish_data: bool,
    /// Change its own metadata and attributes.
    pub update_metadata: bool,
    /// Be invisible to other participants.
    pub hidden: bool,
}

impl Default for Permissions {
    fn default() -> Self {
        Self {
            publish: true,
            subscribe: true,
            publish_data: true,
            update_metadata: true,
            hidden: false,
        }
    }
}

impl Default for Settings {
    /// One agent for each room, ten concurrent calls, one hour of drain time.
    fn default() -> Self {
        Self {
            job_type: JobType::Room,
            agent_name: String::new(),
            participant_name: String::new(),
            deployment: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            permissions: Permissions::default(),
            slots: 10,
            second_agent: SecondAgent::default(),
            full_at: Some(0.7),
            drain_within: Duration::from_secs(3600),
            says_goodbye: true,
        }
    }
}
