//! Inputs and outputs of the waiting-room state machine.

use std::collections::BTreeMap;
use std::time::Duration;

/// An input of the waiting-room state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The current state of the worker.
    Worker(Worker),
    /// The worker refused an offer because all slots are taken or the machine is too busy.
    Refused {
        /// Name of the room.
        room: String,
        /// ID of the dispatch.
        dispatch: String,
    },
    /// This worker's call in the room ended by itself.
    Ended {
        /// Name of the room.
        room: String,
    },
    /// The worker accepted an offer that did not become a call: another worker may have the job, or
    /// none.
    NotAssigned,
    /// Answer to [`Action::List`].
    Listed {
        /// All rooms of the server.
        rooms: Vec<Listing>,
        /// How long the server took to answer.
        took: Duration,
    },
    /// [`Action::List`] failed.
    NotListed,
    /// Answer to [`Action::Inspect`].
    Inspected {
        /// Name of the room.
        room: String,
        /// Contents of the room. `None` if the query failed.
        view: Option<View>,
    },
    /// Answer to [`Action::Claim`].
    Claimed {
        /// Name of the room.
        room: String,
        /// Result of the claim.
        outcome: Outcome,
    },
}

/// State of the worker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Worker {
    /// Whether the worker is registered and not draining.
    pub ready: bool,
    /// Number of calls it would accept; 0 while it is full or too busy.
    pub free: usize,
    /// Rooms of its own calls, and whether the agent has joined.
    pub rooms: BTreeMap<String, bool>,
}

/// A room in the list of all rooms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Name of the room.
    pub room: String,
    /// SID of the room. Distinguishes it from an earlier room of the same name.
    pub sid: String,
    /// When the room was created, in milliseconds since the Unix epoch by the server's clock.
    pub created_at: i64,
    /// Number of participants that are not agents; the server's number may be up to 5 s old.
    pub participants: u32,
    /// Number of participants that publish, including agents; the server's number may be up to 5 s
    /// old.
    pub publishers: u32,
}

/// Contents of a room, as the result of a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Number of participants who would get an agent.
    pub callers: usize,
    /// Whether an agent of the worker's name is in the room.
    pub has_agent: bool,
    /// Dispatches that the worker could serve, by agent name and deployment.
    pub dispatches: Vec<DispatchView>,
}

/// A dispatch as the server reports it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DispatchView {
    /// ID of the dispatch.
    pub id: String,
    /// How often a worker took it. The server does not report whether those calls are still
    /// running.
    pub jobs: usize,
    /// Whether the dispatch must not lead to another agent after the first one.
    pub is_once: bool,
}

/// Result of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The room has a new dispatch.
    Dispatched,
    /// The dispatch did not exist any more: another worker was faster, or the room is closed.
    Lost,
    /// The server returned an error or did not answer.
    Failed,
}

/// An action for the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// List all rooms.
    List,
    /// Query the participants and dispatches of this room.
    Inspect(String),
    /// Delete this dispatch and, if that succeeds, create an identical one. The server deletes a
    /// dispatch only once, so only one of several workers claims the room.
    Claim {
        /// Name of the room.
        room: String,
        /// ID of the dispatch.
        dispatch: String,
    },
    /// Delete this dispatch: the agent left its callers on purpose, and no worker must bring it
    /// back. There is no answer.
    Retire {
        /// Name of the room.
        room: String,
        /// ID of the dispatch.
        dispatch: String,
    },
    /// Send the callers in this room a text saying that they are waiting. There is no answer.
    SendWaitingText(String),
    /// Something to log or to count.
    Observe(Fact),
}

/// Something to log or to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A room with callers has no agent.
    Waits {
        /// Name of the room.
        room: String,
    },
    /// A waiting room has an agent.
    Served {
        /// Name of the room.
        room: String,
        /// How long it waited.
        waited: Duration,
    },
    /// Nobody in a waiting room needs an agent any more.
    GaveUp {
        /// Name of the room.
        room: String,
        /// How long it waited.
        waited: Duration,
    },
    /// A claim was answered.
    Claimed {
        /// Name of the room.
        room: String,
        /// Result of the claim.
        outcome: Outcome,
    },
}
