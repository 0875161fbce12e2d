//! What is known of the server's rooms, and what is to be done about them.

use std::collections::BTreeMap;
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// How the worker is now.
    Worker(Worker),
    /// The worker had to refuse an offer, because of its slots or its load.
    Refused {
        /// Where.
        room: String,
        /// The dispatch that was offered.
        dispatch: String,
    },
    /// The worker's own call in this room ended by itself.
    Ended {
        /// Where.
        room: String,
    },
    /// An offer that the worker took did not become a call: another worker may have it, or nobody.
    Missed,
    /// Answers [`Action::List`].
    Listed {
        /// Every room of the server.
        rooms: Vec<Listing>,
        /// How long the server took.
        took: Duration,
    },
    /// [`Action::List`] failed.
    NotListed,
    /// Answers [`Action::Look`]; without a view the look failed.
    Looked {
        /// Where.
        room: String,
        /// What is there.
        view: Option<View>,
    },
    /// Answers [`Action::Claim`].
    Claimed {
        /// Where.
        room: String,
        /// What became of it.
        outcome: Outcome,
    },
}

/// How a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Worker {
    /// The server knows it, and it is not about to end.
    pub ready: bool,
    /// Calls it would take now; none while it is full or has load enough.
    pub free: usize,
    /// The rooms of its own calls, and whether the agent has joined.
    pub rooms: BTreeMap<String, bool>,
}

/// A room as the list of all rooms shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Its name.
    pub room: String,
    /// Names this room apart from an earlier one of the same name.
    pub sid: String,
    /// When it was made, in seconds since 1970 by the server's clock.
    pub made: i64,
    /// Participants who are no agents; the server may be 5 s behind.
    pub participants: u32,
    /// Participants who publish, agents among them; the server may be 5 s behind.
    pub publishers: u32,
}

/// A room as a close look shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Participants for whom an agent would come.
    pub callers: usize,
    /// Whether an agent of the worker's name is there.
    pub has_agent: bool,
    /// The dispatches that the worker could serve, by name and deployment.
    pub dispatches: Vec<DispatchView>,
}

/// A dispatch as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DispatchView {
    /// Its name.
    pub id: String,
    /// How often a worker took it. The server does not tell whether those calls still run.
    pub jobs: usize,
    /// Whoever made it wants no second agent after the first one.
    pub is_once: bool,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The room has a new dispatch.
    Dispatched,
    /// The dispatch was not there any more: another worker was faster, or the room is closed.
    Lost,
    /// The server failed, or did not answer.
    Failed,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask for all rooms.
    List,
    /// Ask who is in this room and what was dispatched to it.
    Look(String),
    /// Delete this dispatch and, if that succeeds, make the same one anew. The server deletes a
    /// dispatch once, so of several workers one claims the room.
    Claim {
        /// Where.
        room: String,
        /// Which.
        dispatch: String,
    },
    /// Delete this dispatch: the agent has left callers behind on purpose, and nobody is to bring
    /// it back. Nothing is answered.
    Retire {
        /// Where.
        room: String,
        /// Which.
        dispatch: String,
    },
    /// Write to the callers in this room that they wait. Nothing is answered.
    Write(String),
    /// Something worth noting.
    Observe(Fact),
}

/// Something worth noting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A room with callers has no agent.
    Waits {
        /// Where.
        room: String,
    },
    /// A room that waited has its agent.
    Served {
        /// Where.
        room: String,
        /// How long it waited.
        waited: Duration,
    },
    /// A room that waited has nobody who would need an agent any more.
    GaveUp {
        /// Where.
        room: String,
        /// How long it waited.
        waited: Duration,
    },
    /// A claim came to this.
    Claimed {
        /// Where.
        room: String,
        /// What became of it.
        outcome: Outcome,
    },
}
