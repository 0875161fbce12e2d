//! What goes into a conversation.

use std::time::{Duration, Instant};

use crate::audio::Frame;
use crate::ids::{Identity, ItemId, ReplyId, SessionId, ToolCallId};
use crate::secret::{Private, Secret};

use super::{AgentProfile, Utterance};

/// Something that happened at an edge.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The process is told to end, or dispatch took the job back.
    Shutdown,
    /// The worker ends and the call has run for as long as it may: the agent says goodbye and
    /// hangs up.
    SayGoodbye,
    /// Something happened in the LiveKit room.
    Room(RoomEvent),
    /// The agent's WebSocket is open; the API says nothing until it is configured.
    AgentOpened,
    /// A message of the Voice Agent API.
    Agent(AgentEvent),
    /// The agent's WebSocket is gone, or never opened. Once for each connection.
    AgentLost(SocketLoss),
    /// The agent has taken no audio for too long: its queue stayed full.
    AgentStalled,
    /// What the agent is for the caller who is linked: after each [`Action::Listen`], before
    /// the agent's WebSocket is open, and whenever it has changed.
    ///
    /// [`Action::Listen`]: super::Action::Listen
    Brief(Box<AgentProfile>),
    /// A tool gave its answer.
    ToolDone {
        /// The call of [`Action::RunTool`](super::Action::RunTool).
        call: ToolCallId,
        /// For the model, normally JSON.
        result: Private<String>,
        /// Whether it failed.
        is_error: bool,
    },
    /// Somebody who may speak for the caller wrote to the agent.
    Input(Private<String>),
    /// Something happened in the playout queue.
    Playout(PlayoutEvent),
    /// 10 ms of what is heard of the callers.
    Mic(Frame),
    /// Who of several callers speaks, from here on; nobody with `None`.
    Speaks(Option<Identity>),
    /// What a caller said before the agent came, up to where its microphone begins; empty when it
    /// could not be had.
    Early {
        /// Who.
        from: Identity,
        /// What, however long.
        voice: Frame,
    },
}

/// Something that happened in the LiveKit room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomEvent {
    /// A participant is in the room (`ParticipantConnected`, or found there on joining).
    Joined {
        /// Who.
        identity: Identity,
        /// What it is, and what it may do.
        info: ParticipantInfo,
    },
    /// What a participant is or may do has changed.
    Changed {
        /// Who.
        identity: Identity,
        /// What it is from now on.
        info: ParticipantInfo,
    },
    /// A participant left (`ParticipantDisconnected`).
    Left {
        /// Who.
        identity: Identity,
        /// In which way.
        how: LeaveReason,
    },
    /// What a participant said before the agent came is on its way (`TF_PRECONNECT_BUFFER`).
    EarlyComes {
        /// Who.
        from: Identity,
    },
    /// A participant wants the agent to listen to somebody else.
    HandOver {
        /// Who.
        from: Identity,
        /// To whom.
        to: Identity,
    },
    /// Another agent is in the room.
    Agent {
        /// What it is called (`lk.agent.name`).
        name: String,
        /// Whether it joined before us; of two in one second, whose identity comes first.
        was_first: bool,
    },
    /// A participant wrote to the agent (a text stream on `lk.chat`).
    Text {
        /// Who.
        from: Identity,
        /// What.
        text: Private<String>,
    },
    /// Somebody hears our track (`LocalTrackSubscribed`).
    Subscribed,
    /// Why nobody can hear our track from now on; `None` when it can be heard again.
    Voice(Option<Inaudible>),
    /// The room is over for us (`Disconnected`).
    Ended(RoomEnd),
}

/// Why the agent cannot be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inaudible {
    /// The server took the permission to publish, and the track with it.
    NotAllowed,
    /// The track is gone and could not be published again.
    NotPublished,
    /// A moderator muted the track.
    Muted,
    /// The caller may not subscribe to any track.
    CallerDeaf,
}

/// In which way a participant left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveReason {
    /// By its own will, or the server's.
    Left,
    /// It was lost on the way, and may come back.
    Lost,
}

/// What decides whether a participant is a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParticipantInfo {
    /// What the server says it is.
    pub kind: ParticipantKind,
    /// It is neither hidden nor a recorder, and does not publish for somebody else.
    pub takes_part: bool,
    /// It may publish a microphone.
    pub may_speak: bool,
    /// It may send data, and so chat.
    pub may_write: bool,
    /// It may subscribe to tracks.
    pub may_hear: bool,
    /// Where its telephone call stands.
    pub phone: Phone,
}

impl From<ParticipantKind> for ParticipantInfo {
    /// A participant with every permission, whose call is active.
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

/// Where a telephone call stands, by `sip.callStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Phone {
    /// `active`, or no telephone.
    #[default]
    Active,
    /// `dialing`, `ringing`, `automation` (keys are still dialled), or a status this version does
    /// not know: nobody is on the line yet.
    Pending,
    /// `hangup`.
    HungUp,
}

/// LiveKit's `ParticipantInfo.Kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParticipantKind {
    /// An app or a browser.
    Standard,
    /// A stream that LiveKit takes in.
    Ingress,
    /// A recorder.
    Egress,
    /// A telephone.
    Sip,
    /// Another agent.
    Agent,
    /// A caller from another network.
    Connector,
    /// A bridge between rooms.
    Bridge,
}

impl ParticipantKind {
    /// Whether it can be somebody who talks to the agent.
    pub fn is_caller(self) -> bool {
        matches!(self, Self::Standard | Self::Sip | Self::Connector)
    }
}

/// Why the room is over for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomEnd {
    /// The room was deleted or closed.
    Closed,
    /// Somebody removed us.
    Removed,
    /// Another participant joined under our identity.
    DuplicateIdentity,
    /// The connection is gone and did not come back.
    ConnectionLost,
}

/// What the playout queue reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// The first frame of `utterance` that is not silence was handed to the room.
    Audible {
        /// Whose frame.
        utterance: Utterance,
    },
    /// More of `utterance` has been played.
    Progress {
        /// Whose frames.
        utterance: Utterance,
        /// How much of it was played.
        played: Duration,
    },
    /// The last frame that was queued has been played.
    Drained {
        /// Whose frame it was.
        utterance: Utterance,
        /// How much of it was played.
        played: Duration,
    },
    /// The queue was flushed.
    Flushed {
        /// Whose frames were cut.
        utterance: Utterance,
        /// How much of it was played before.
        played: Duration,
    },
    /// A flush has taken effect: our queue and the native buffer are empty.
    Silent {
        /// When the native buffer was cleared.
        at: Instant,
    },
    /// More was queued than the bound allows; nobody is that far ahead.
    Overflowed,
}

/// How the agent's WebSocket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketLoss {
    /// It could not be opened: name, network, TLS, or no answer in time.
    Unreachable(String),
    /// The server answered the handshake with this HTTP status.
    Refused(u16),
    /// It was closed with a code and a reason.
    Closed {
        /// The WebSocket close code; 1006 when there was none.
        code: u16,
        /// What the server said.
        reason: String,
    },
    /// It broke, or the peer fell silent.
    Broken(String),
}

/// A message of the Voice Agent API, server to client. Every field that the reference has
/// seen missing is optional.
#[derive(Debug, PartialEq)]
pub enum AgentEvent {
    /// `session.updated`: a configuration was taken.
    SessionUpdated,
    /// `session.ready`: audio may be sent.
    SessionReady {
        /// The session.
        session: Option<SessionId>,
        /// The credential that resumes it.
        resume_token: Option<Secret>,
        /// When the server means to end it, seconds since the epoch; only to be logged.
        expires_at: Option<i64>,
        /// Tools that run at the server: never to be answered by us.
        server_tools: Vec<String>,
    },
    /// `session.error`, or its alias `error`.
    SessionError(AgentError),
    /// `session.ended`: the server is done.
    SessionEnded,
    /// `input.speech.started`.
    SpeechStarted,
    /// `input.speech.stopped`: the caller's turn is committed.
    SpeechStopped,
    /// `transcript.user.delta`: the whole text of the turn so far.
    UserTranscriptDelta {
        /// The turn.
        item: Option<ItemId>,
        /// Replaces what came before.
        text: Private<String>,
    },
    /// `transcript.user`: the final text of a turn.
    UserTranscript {
        /// The turn.
        item: Option<ItemId>,
        /// What was said.
        text: Private<String>,
    },
    /// `reply.started`.
    ReplyStarted {
        /// The reply.
        reply: Option<ReplyId>,
    },
    /// `reply.audio`.
    ReplyAudio {
        /// The reply; old servers leave it out.
        reply: Option<ReplyId>,
        /// Its next samples.
        frame: Frame,
    },
    /// `transcript.agent.delta`: one more word.
    AgentTranscriptDelta {
        /// The reply.
        reply: Option<ReplyId>,
        /// To be appended.
        delta: Private<String>,
        /// When the word starts, after the reply's first sample.
        start: Option<Duration>,
        /// When it ends.
        end: Option<Duration>,
    },
    /// `transcript.agent`: the text of a reply.
    AgentTranscript {
        /// The reply.
        reply: Option<ReplyId>,
        /// What was said, cut by the server when interrupted.
        text: Private<String>,
        /// Whether the caller cut it short.
        interrupted: bool,
    },
    /// `reply.done`.
    ReplyDone {
        /// The reply.
        reply: Option<ReplyId>,
        /// How it ended.
        status: ReplyStatus,
    },
    /// `reply.error`.
    ReplyError {
        /// The reply.
        reply: Option<ReplyId>,
        /// What happened.
        error: AgentError,
        /// Whether asking again may help.
        retryable: bool,
    },
    /// `tool.call`.
    ToolCall {
        /// To be named in the answer.
        call: ToolCallId,
        /// The tool.
        name: String,
        /// A JSON object, as text.
        arguments: Private<String>,
    },
    /// A type this version does not know; to be ignored and counted.
    Unknown {
        /// The `type`, cut to 64 characters.
        kind: String,
    },
}

/// `reply.done.status`. Absent means completed; only `interrupted` means barge-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyStatus {
    /// The reply was said to its end.
    Completed,
    /// The caller cut it short.
    Interrupted,
    /// We or the server took it back.
    Cancelled,
    /// It could not be made.
    Failed,
}

/// `session.error` or `reply.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentError {
    /// In lower case; an open set.
    pub code: String,
    /// For people, cut to 300 characters.
    pub message: String,
    /// The field that is wrong.
    pub param: Option<String>,
}

impl AgentError {
    /// Whether the service has no room at the moment.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.code.as_str(), "at_capacity" | "concurrency_exceeded")
    }
}
