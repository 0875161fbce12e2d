//! What a worker registers for, and how much it takes.

use crate::conversation::SecondAgent;
use std::time::Duration;

/// How a worker presents itself to LiveKit, and its limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What the worker takes.
    pub job_type: JobType,
    /// The name that dispatches ask for; empty takes every room without an explicit dispatch.
    pub agent_name: String,
    /// What people in the room see.
    pub participant_name: String,
    /// The version of a deployment; empty is production.
    pub deployment: String,
    /// The worker's own version.
    pub version: String,
    /// What its participants may do.
    pub permissions: Permissions,
    /// The most calls at once; at least 1.
    pub slots: usize,
    /// What happens when a room that has the agent is to get another.
    pub second_agent: SecondAgent,
    /// Load, from 0 to 1, from which on no call is taken; none takes calls whatever the load.
    pub full_at: Option<f32>,
    /// How long running calls may go on after [`Event::Drain`](super::Event::Drain).
    pub drain_within: Duration,
    /// Whether the agent says goodbye in calls that are still running then.
    pub says_goodbye: bool,
}

/// When the server asks for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum JobType {
    /// Once for each room.
    #[default]
    Room,
    /// Once for each participant who publishes.
    Publisher,
    /// Once for each participant.
    Participant,
}

/// What the agent may do in its rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// Speak.
    pub publish: bool,
    /// Hear.
    pub subscribe: bool,
    /// Send texts and data.
    pub publish_data: bool,
    /// Change its own attributes.
    pub update_metadata: bool,
    /// Nobody sees it.
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
    /// One agent for each room, ten at once, for an hour after the end was asked for.
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
