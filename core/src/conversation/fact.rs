//! What is told of a call to whoever watches it: log lines, counters, transcripts, reports.

use std::time::Duration;

use super::action::{AgentState, Utterance};
use super::ending::outcome::Limit;
use super::event::{AgentError, Inaudible, SocketLoss};
use crate::ids::{ItemId, SessionId, ToolCallId};
use crate::secret::Private;

/// Something that happened in the call, for whoever watches it.
#[derive(Debug, PartialEq)]
pub enum Fact {
    /// The voice session accepts audio.
    SessionReady {
        /// Its name, for support requests.
        session: Option<SessionId>,
    },
    /// The caller began to speak, as the API hears it.
    CallerSpeaks {
        /// Since the caller's first sound, if it was heard here.
        ago: Option<Duration>,
    },
    /// The caller has stopped speaking: the API took the turn.
    CallerStopped {
        /// Since the caller's last sound, if it was heard here.
        ago: Option<Duration>,
    },
    /// What the caller said, so far or at last.
    UserTranscript {
        /// The turn.
        item: Option<ItemId>,
        /// The whole turn.
        text: Private<String>,
        /// Whether more may come.
        is_final: bool,
    },
    /// What the caller wrote instead of saying it.
    UserWrote {
        /// The message.
        text: Private<String>,
    },
    /// What the agent said and the caller heard.
    AgentTranscript {
        /// The reply.
        utterance: Utterance,
        /// Cut to what was played when interrupted.
        text: Private<String>,
        /// Whether the caller cut it short.
        interrupted: bool,
    },
    /// A reply is heard.
    Audible {
        /// The reply.
        utterance: Utterance,
        /// How long the caller waited for it; none for a reply that nobody waited for.
        waited: Option<Latency>,
    },
    /// The caller cut a reply short. Comes when it is known how much of it was heard.
    Interrupted {
        /// The reply.
        utterance: Utterance,
        /// How much of it was heard.
        played: Duration,
    },
    /// The caller's voice silenced the agent's.
    Silenced {
        /// From the caller's first sound until our queue and the native buffer were empty.
        after: Option<Duration>,
    },
    /// A reply was held for the caller's voice, which was no interruption, and goes on.
    HeldInVain,
    /// The voice session was lost; it is resumed, or another one begins.
    AgentLost(SocketLoss),
    /// The first voice session could not be opened; it is tried again.
    AgentNotYet(SocketLoss),
    /// A voice session is ready again.
    AgentBack {
        /// Whether it is the one that was lost.
        resumed: bool,
        /// Since the loss.
        after: Duration,
    },
    /// The API reported an error that the call survives.
    AgentError(AgentError),
    /// A frame was dropped.
    Dropped(DropReason),
    /// The API sent a message of a type we do not know.
    UnknownMessage {
        /// Its type.
        kind: String,
    },
    /// The agent called a tool.
    ToolCalled {
        /// The call.
        call: ToolCallId,
        /// The tool.
        name: String,
        /// A JSON object, as text.
        arguments: Private<String>,
    },
    /// The answer to a call of a tool was sent.
    ToolAnswered {
        /// The call.
        call: ToolCallId,
        /// The tool.
        name: String,
        /// What it gave.
        result: Private<String>,
        /// Whether it failed.
        is_error: bool,
        /// Since it was called.
        after: Duration,
    },
    /// A call of a tool is not answered.
    ToolDropped {
        /// The call.
        call: ToolCallId,
        /// The tool.
        name: String,
        /// Why.
        why: ToolDropped,
    },
    /// The agent became something else in the middle of the call.
    PhaseEntered {
        /// What the phase is called.
        phase: String,
    },
    /// The voice session was told what has changed.
    SessionChanged,
    /// The API refused a voice; the session is opened with the agent's own, or without one.
    VoiceRefused,
    /// The voice session comes near its longest time; another one goes on.
    SessionRotated,
    /// The call comes to its end because it reached a limit.
    LimitReached(Limit),
    /// The last fact: what the voice sessions of the call were.
    Used {
        /// How long they were open, all together.
        connected: Duration,
        /// What that costs, at the price that was set.
        cost: Option<f64>,
    },
    /// Nobody can hear the agent: what it says does not count as said.
    Unheard(Inaudible),
    /// The agent can be heard again.
    HeardAgain {
        /// Since it could not be heard.
        after: Duration,
    },
    /// "Speaking" or "thinking" lasted without audio; the state was put back.
    WentQuiet(AgentState),
}

/// Why a frame was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// From the microphone, before the session was ready or after its end.
    MicNotReady,
    /// From the agent, of a reply that was interrupted or of none.
    StaleReply,
}

/// How long the caller waited for a reply, each since the caller's last sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// Until the API took the turn (`input.speech.stopped`).
    pub committed: Duration,
    /// Until the first word or sample of the reply came.
    pub first_token: Option<Duration>,
    /// Until the first sample that is not silence was handed to the room.
    pub audible: Duration,
}

/// Why a call of a tool is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToolDropped {
    /// The API answers it itself.
    AtServer,
    /// It has the name of a call that is open or was answered.
    Twice,
    /// More wait than anybody makes in a reply.
    TooMany,
    /// The caller interrupted the reply that called.
    Interrupted,
    /// The voice session that called was replaced by another one.
    SessionLost,
    /// The call is over.
    HungUp,
}
