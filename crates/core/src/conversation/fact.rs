//! Facts about a call, for log lines, metrics, transcripts and reports.

use std::time::Duration;

use super::agent_state::AgentState;
use super::ending::outcome::Limit;
use super::event::{AgentError, Inaudible, SocketLoss};
use super::playout::Utterance;
use crate::ids::{ItemId, SessionId, ToolCallId};
use crate::secret::Private;

/// Something that happened in the call, for logs, metrics, transcripts and reports.
#[derive(Debug, PartialEq)]
pub enum Fact {
    /// The voice session accepts audio.
    SessionReady {
        /// ID of the session, for support requests.
        session: Option<SessionId>,
    },
    /// The API detected that the caller started to speak.
    CallerSpeaks {
        /// Time since the caller's first sound, if the room's audio contained one.
        ago: Option<Duration>,
    },
    /// The API detected that the caller stopped speaking, and committed the turn.
    CallerStopped {
        /// Time since the caller's last sound, if the room's audio contained one.
        ago: Option<Duration>,
    },
    /// Partial or final transcript of the caller's turn.
    UserTranscript {
        /// ID of the turn.
        item: Option<ItemId>,
        /// Text of the whole turn.
        text: Private<String>,
        /// Whether the text is final.
        is_final: bool,
    },
    /// The caller sent a text message instead of speaking.
    UserWrote {
        /// Text of the message.
        text: Private<String>,
    },
    /// Transcript of a reply, as far as the caller heard it.
    AgentTranscript {
        /// First utterance of the reply.
        utterance: Utterance,
        /// Text, truncated to what was played if the reply was interrupted.
        text: Private<String>,
        /// Whether the caller interrupted the reply.
        interrupted: bool,
    },
    /// A reply became audible.
    Audible {
        /// First utterance of the reply.
        utterance: Utterance,
        /// How long the caller waited for the reply; `None` if nobody waited for it.
        waited: Option<Latency>,
    },
    /// The caller interrupted a reply. Reported once it is known how much of it was played.
    Interrupted {
        /// First utterance of the reply.
        utterance: Utterance,
        /// How much of the reply was played.
        played: Duration,
    },
    /// A barge-in silenced the agent.
    Silenced {
        /// Time from the caller's first sound until Parlor's queue and LiveKit's audio source were
        /// empty.
        after: Option<Duration>,
    },
    /// False interruption: the caller's voice paused a reply, and the reply resumed.
    FalseInterruption,
    /// The voice session was lost; Parlor resumes it or opens another one.
    AgentLost(SocketLoss),
    /// The first voice session could not be opened; Parlor retries.
    AgentNotYet(SocketLoss),
    /// A voice session is ready again after a loss.
    AgentBack {
        /// Whether it is the lost session, resumed.
        resumed: bool,
        /// Time since the loss.
        after: Duration,
    },
    /// The API reported an error that does not end the call.
    AgentError(AgentError),
    /// An audio frame was dropped.
    Dropped(DropReason),
    /// The API sent a message of an unknown type.
    UnknownMessage {
        /// Type of the message.
        kind: String,
    },
    /// The agent called a tool.
    ToolCalled {
        /// ID of the tool call.
        call: ToolCallId,
        /// Name of the tool.
        name: String,
        /// JSON object, as text.
        arguments: Private<String>,
    },
    /// The result of a tool call was sent to the API.
    ToolAnswered {
        /// ID of the tool call.
        call: ToolCallId,
        /// Name of the tool.
        name: String,
        /// Result of the tool.
        result: Private<String>,
        /// Whether the tool failed.
        is_error: bool,
        /// Time since the tool was called.
        after: Duration,
    },
    /// A tool call will not be answered.
    ToolDropped {
        /// ID of the tool call.
        call: ToolCallId,
        /// Name of the tool.
        name: String,
        /// Why it will not be answered.
        why: ToolDropped,
    },
    /// The call entered another phase.
    PhaseEntered {
        /// Name of the phase.
        phase: String,
    },
    /// A changed configuration was sent to the voice session.
    SessionChanged,
    /// The API rejected a voice. The session will be opened with the agent's own voice, or without
    /// one.
    VoiceRefused,
    /// The voice session is close to its maximum duration and is being replaced.
    SessionRotated,
    /// The call reached a limit and is ending.
    LimitReached(Limit),
    /// Usage of the Voice Agent API. Always the last fact of a call.
    Used {
        /// Total time that voice sessions were open.
        connected: Duration,
        /// Cost of that time at the configured price.
        cost: Option<f64>,
    },
    /// Callers cannot hear the agent; what it says does not count as said.
    Unheard(Inaudible),
    /// Callers can hear the agent again.
    HeardAgain {
        /// How long they could not hear it.
        after: Duration,
    },
    /// The agent was "speaking" or "thinking" for too long without audio; its state was reset.
    WentQuiet(AgentState),
}

/// Why an audio frame was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// Microphone frame that arrived before the session was ready or after it ended.
    MicNotReady,
    /// Agent frame of an interrupted or unknown reply.
    StaleReply,
}

/// How long the caller waited for a reply, measured from the caller's last sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// Until the API committed the turn (`input.speech.stopped`).
    pub committed: Duration,
    /// Until the first word or sample of the reply arrived.
    pub first_token: Option<Duration>,
    /// Until the first sample that is not silent was passed to the room.
    pub audible: Duration,
}

/// Why a tool call will not be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToolDropped {
    /// The API runs the tool itself.
    AtServer,
    /// Its ID is that of a pending or already answered tool call.
    Twice,
    /// Too many tool calls are pending.
    TooMany,
    /// The caller interrupted the reply that made the tool call.
    Interrupted,
    /// The voice session that made the tool call was replaced by another one.
    SessionLost,
    /// The call is over.
    HungUp,
}
