//! Inputs of the conversation state machine.

use std::time::{Duration, Instant};

use crate::audio::Frame;
use crate::ids::{Identity, ItemId, ReplyId, SessionId, ToolCallId};
use crate::secret::{Private, Secret};

use super::{AgentProfile, Utterance};

/// Input of a [`Conversation`](super::Conversation).
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The process is shutting down, or LiveKit terminated the job.
    Shutdown,
    /// The worker is draining: an agent without a caller waits only briefly for one.
    Drain,
    /// The worker is shutting down and its drain time is over: the agent says goodbye and hangs up.
    SayGoodbye,
    /// Something happened in the LiveKit room.
    Room(RoomEvent),
    /// The WebSocket to the Voice Agent API is open. The API sends nothing until it is configured.
    AgentOpened,
    /// Message from the Voice Agent API.
    Agent(AgentEvent),
    /// The WebSocket to the Voice Agent API closed or could not be opened. Sent once per connection
    /// attempt.
    AgentLost(SocketLoss),
    /// The WebSocket has accepted no audio for too long: its send queue stayed full.
    AgentStalled,
    /// Profile of the agent for the linked caller. Sent after each
    /// [`Action::Listen`](super::Action::Listen), before the WebSocket is open, and whenever the
    /// profile changes.
    Profile(Box<AgentProfile>),
    /// A tool call finished.
    ToolDone {
        /// ID from [`Action::RunTool`](super::Action::RunTool).
        call: ToolCallId,
        /// Result for the model, normally JSON.
        result: Private<String>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// Text message to the agent from somebody who may speak on the caller's behalf.
    TypedText(Private<String>),
    /// Report from the playout queue.
    Playout(PlayoutEvent),
    /// 10 ms of the callers' audio, mono at 24 kHz.
    Mic(Frame),
    /// Caller who is speaking from now on, or `None` when nobody is.
    Speaks(Option<Identity>),
    /// Pre-connect audio: what a caller said before the agent subscribed to the microphone. Empty
    /// if it could not be received.
    PreConnectAudio {
        /// Identity of the caller.
        from: Identity,
        /// The whole recording, of any length, mono at 24 kHz.
        voice: Frame,
    },
}

/// Event in the LiveKit room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomEvent {
    /// A participant is in the room: it connected (`ParticipantConnected`), or was there when the
    /// agent joined.
    Joined {
        /// Identity of the participant.
        identity: Identity,
        /// Kind and permissions of the participant.
        info: ParticipantInfo,
    },
    /// The attributes or permissions of a participant changed.
    Changed {
        /// Identity of the participant.
        identity: Identity,
        /// Kind and permissions from now on.
        info: ParticipantInfo,
    },
    /// A participant left (`ParticipantDisconnected`).
    Left {
        /// Identity of the participant.
        identity: Identity,
        /// Whether it left on purpose or lost its connection.
        how: LeaveReason,
    },
    /// A participant has announced pre-connect audio (`TF_PRECONNECT_BUFFER`).
    PreConnectAnnounced {
        /// Identity of the participant.
        from: Identity,
    },
    /// A participant asks the agent to listen to somebody else.
    HandOver {
        /// Identity of the participant who asks.
        from: Identity,
        /// Identity of the participant to listen to.
        to: Identity,
    },
    /// Another agent is in the room.
    Agent {
        /// Name of the other agent (`lk.agent.name`).
        name: String,
        /// Whether it joined before this agent. If both joined in the same second, the lower
        /// identity counts as first.
        was_first: bool,
    },
    /// A participant sent a text message to the agent (text stream on topic `lk.chat`).
    ChatMessage {
        /// Identity of the participant.
        from: Identity,
        /// Text of the message.
        text: Private<String>,
    },
    /// A participant subscribed to the agent's track (`LocalTrackSubscribed`).
    Subscribed,
    /// Why the agent's track cannot be heard from now on, or `None` when it can be heard again.
    Audibility(Option<Inaudible>),
    /// The agent is disconnected from the room (`Disconnected`).
    Ended(RoomEnd),
}

/// Why callers cannot hear the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inaudible {
    /// The server revoked the permission to publish and unpublished the track.
    NotAllowed,
    /// The track was unpublished and could not be published again.
    NotPublished,
    /// A moderator muted the track.
    Muted,
    /// The linked caller has no permission to subscribe to tracks.
    CallerDeaf,
}

/// How a participant left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveReason {
    /// On purpose: it left, or the server removed it.
    Left,
    /// It lost its connection and may rejoin.
    Lost,
}

/// Kind and permissions of a participant, which decide whether it is a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParticipantInfo {
    /// Kind as reported by the server.
    pub kind: ParticipantKind,
    /// Whether it takes part in the conversation: it is neither hidden nor a recorder, and does not
    /// publish on behalf of another participant.
    pub takes_part: bool,
    /// Whether it may publish a microphone track.
    pub may_speak: bool,
    /// Whether it may publish data, and so write chat messages.
    pub may_write: bool,
    /// Whether it may subscribe to tracks.
    pub may_hear: bool,
    /// Status of its phone call.
    pub phone: Phone,
}

impl From<ParticipantKind> for ParticipantInfo {
    /// A participant with every permission and an active phone call.
    fn from(kind: ParticipantKind) -> Self {
        Self {
            kind,
            takes_part: true,
            may_speak: true,
            may_write: true,
            may_hear: true,
            phone: Phone::Active,
        }
    }
}

/// Status of a phone call, from the attribute `sip.callStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Phone {
    /// `active`, or the participant is not a phone.
    #[default]
    Active,
    /// `dialing`, `ringing`, `automation` (DTMF digits are being sent), or a status that this
    /// version does not know. Nobody is on the line yet.
    Pending,
    /// `hangup`.
    HungUp,
}

/// LiveKit's `ParticipantInfo.Kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParticipantKind {
    /// An app or a browser.
    Standard,
    /// A stream that LiveKit ingests.
    Ingress,
    /// A recorder.
    Egress,
    /// A phone.
    Sip,
    /// Another agent.
    Agent,
    /// A caller from another network, connected by LiveKit's connector service.
    Connector,
    /// A bridge between rooms.
    Bridge,
}

impl ParticipantKind {
    /// Whether a participant of this kind can be a caller.
    pub fn is_caller(self) -> bool {
        matches!(self, Self::Standard | Self::Sip | Self::Connector)
    }
}

/// Why the agent was disconnected from the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomEnd {
    /// The room was deleted or closed.
    Closed,
    /// The agent was removed from the room.
    Removed,
    /// Another participant joined with the agent's identity.
    DuplicateIdentity,
    /// The connection was lost and could not be restored.
    ConnectionLost,
}

/// Report from the playout queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// The first frame of `utterance` that is not silent was passed to the room.
    Audible {
        /// Utterance of the frame.
        utterance: Utterance,
    },
    /// More of `utterance` was played.
    Progress {
        /// Utterance being played.
        utterance: Utterance,
        /// How much of it has been played.
        played: Duration,
    },
    /// The last queued frame was played, and the queue is empty.
    Drained {
        /// Utterance of the last frame.
        utterance: Utterance,
        /// How much of it has been played.
        played: Duration,
    },
    /// The queue was flushed.
    Flushed {
        /// Utterance that was playing.
        utterance: Utterance,
        /// How much of it had been played before the flush.
        played: Duration,
    },
    /// A flush is complete: both Parlor's queue and LiveKit's audio source are empty.
    Silent {
        /// When LiveKit's audio source was cleared.
        at: Instant,
    },
    /// The agent sent more audio than the playout queue can hold.
    Overflowed,
}

/// Why the connection to the Voice Agent API closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketLoss {
    /// It could not be opened, because of DNS, the network, TLS or a timeout.
    Unreachable(String),
    /// The server rejected the handshake with this HTTP status.
    Refused(u16),
    /// It was closed with a code and a reason.
    Closed {
        /// WebSocket close code; 1006 if there was none.
        code: u16,
        /// Reason given by the server.
        reason: String,
    },
    /// It broke, or the server stopped responding.
    Broken(String),
}

/// Message from the Voice Agent API to the client. A field is optional if the API has been seen to
/// omit it.
#[derive(Debug, PartialEq)]
pub enum AgentEvent {
    /// `session.updated`: the API accepted a configuration.
    SessionUpdated,
    /// `session.ready`: audio may be sent.
    SessionReady {
        /// ID of the session.
        session: Option<SessionId>,
        /// Credential that resumes the session.
        resume_token: Option<Secret>,
        /// When the server will end the session, in seconds since the Unix epoch. Only for logs.
        expires_at: Option<i64>,
        /// Names of the tools that the server runs; the client must never send their results.
        server_tools: Vec<String>,
    },
    /// `session.error`, or its alias `error`.
    SessionError(AgentError),
    /// `session.ended`: the server ended the session.
    SessionEnded,
    /// `input.speech.started`.
    SpeechStarted,
    /// `input.speech.stopped`: the caller's turn is committed.
    SpeechStopped,
    /// `transcript.user.delta`: partial transcript of the caller's turn.
    UserTranscriptDelta {
        /// ID of the turn.
        item: Option<ItemId>,
        /// The whole turn so far; replaces earlier text.
        text: Private<String>,
    },
    /// `transcript.user`: final transcript of the caller's turn.
    UserTranscript {
        /// ID of the turn.
        item: Option<ItemId>,
        /// The whole turn.
        text: Private<String>,
    },
    /// `reply.started`.
    ReplyStarted {
        /// ID of the reply.
        reply: Option<ReplyId>,
    },
    /// `reply.audio`.
    ReplyAudio {
        /// ID of the reply; older servers omit it.
        reply: Option<ReplyId>,
        /// Next samples of the reply, mono at 24 kHz.
        frame: Frame,
    },
    /// `transcript.agent.delta`: the next word of a reply.
    AgentTranscriptDelta {
        /// ID of the reply.
        reply: Option<ReplyId>,
        /// Text to append.
        delta: Private<String>,
        /// When the word starts, from the first sample of the reply.
        start: Option<Duration>,
        /// When the word ends, from the first sample of the reply.
        end: Option<Duration>,
    },
    /// `transcript.agent`: transcript of a reply.
    AgentTranscript {
        /// ID of the reply.
        reply: Option<ReplyId>,
        /// The text, truncated by the server if the reply was interrupted.
        text: Private<String>,
        /// Whether the caller interrupted the reply.
        interrupted: bool,
    },
    /// `reply.done`.
    ReplyDone {
        /// ID of the reply.
        reply: Option<ReplyId>,
        /// How the reply ended.
        status: ReplyStatus,
    },
    /// `reply.error`.
    ReplyError {
        /// ID of the reply.
        reply: Option<ReplyId>,
        /// The error.
        error: AgentError,
        /// Whether requesting a reply again may succeed.
        retryable: bool,
    },
    /// `tool.call`.
    ToolCall {
        /// ID of the tool call, to be repeated in the result.
        call: ToolCallId,
        /// Name of the tool.
        name: String,
        /// JSON object, as text.
        arguments: Private<String>,
    },
    /// Message of an unknown type; it is counted and otherwise ignored.
    Unknown {
        /// The `type` field, truncated to 64 characters.
        kind: String,
    },
}

/// `reply.done.status`. A missing status means completed, and only `interrupted` means barge-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyStatus {
    /// The reply was spoken to its end.
    Completed,
    /// The caller interrupted it.
    Interrupted,
    /// The client or the server cancelled it.
    Cancelled,
    /// It could not be generated.
    Failed,
}

/// `session.error` or `reply.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentError {
    /// Error code in lower case; the set of codes is open.
    pub code: String,
    /// Human-readable message, truncated to 300 characters.
    pub message: String,
    /// Configuration field that is invalid.
    pub param: Option<String>,
}

impl AgentError {
    /// Whether the service is at capacity.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.code.as_str(), "at_capacity" | "concurrency_exceeded")
    }
}
