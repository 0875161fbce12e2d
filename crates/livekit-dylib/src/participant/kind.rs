//! What kinds of participants there are, and why they leave.

/// Kind of a participant.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ParticipantKind {
    /// A client of an end user.
    Standard,
    /// An ingress: an external stream published to the room.
    Ingress,
    /// An egress: a recording or streaming of the room.
    Egress,
    /// A SIP participant, such as a phone caller.
    Sip,
    /// An agent.
    Agent,
    /// A connector to another service.
    Connector,
    /// A bridge to another protocol.
    Bridge,
}

/// Why a participant left.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum DisconnectReason {
    /// No reason was given.
    UnknownReason,
    /// The client left.
    ClientInitiated,
    /// Another participant joined with the same identity.
    DuplicateIdentity,
    /// The server is shutting down.
    ServerShutdown,
    /// The participant was removed through the server API.
    ParticipantRemoved,
    /// The room was deleted through the server API.
    RoomDeleted,
    /// The states of client and server do not match.
    StateMismatch,
    /// The client failed to join.
    JoinFailure,
    /// The client migrates to another server.
    Migration,
    /// The signaling connection was closed.
    SignalClose,
    /// The room was closed because it was empty.
    RoomClosed,
    /// SIP: the callee did not answer.
    UserUnavailable,
    /// SIP: the callee declined the call.
    UserRejected,
    /// SIP: the trunk failed.
    SipTrunkFailure,
    /// The connection timed out.
    ConnectionTimeout,
    /// The media connection failed.
    MediaFailure,
    /// The agent failed.
    AgentError,
}
