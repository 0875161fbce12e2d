//! What comes out of a conversation.

use std::time::Duration;

use crate::audio::Frame;
use crate::ids::{CallId, Identity, ItemId, ReplyId, SessionId};
use crate::private::{Private, Secret};
use crate::wire::agent::SessionConfig;

use super::checkpoint::Checkpoint;
use super::event::{AgentError, Loss, RoomEnd};

/// Something the driver must do, in order.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Open the agent's WebSocket.
    ConnectAgent,
    /// Open it with this credential, which resumes a session.
    ResumeAgent(Secret),
    /// Send a message to the agent.
    SendAgent(AgentCommand),
    /// Send 50 ms of the caller's voice to the agent (`input.audio`).
    SendAudio(Frame),
    /// Close the agent's WebSocket.
    CloseAgent,
    /// Listen to this participant's microphone, and to no other; nobody with `None`.
    Listen(Option<Identity>),
    /// Queue a frame of the agent's voice.
    Play {
        /// Whose frame.
        utterance: Utterance,
        /// Its next samples.
        frame: Frame,
    },
    /// Hold playout where it is; what is queued stays.
    PausePlayout,
    /// Go on with what is queued.
    ResumePlayout,
    /// Drop everything not yet played: our queue first, then the native one.
    FlushPlayout,
    /// Show the room what the agent does (`lk.agent.state`).
    SetAgentState(AgentState),
    /// Something worth a log line, a counter or a line of transcript.
    Observe(Fact),
    /// From here another process could go on with the call.
    Checkpoint(Box<Checkpoint>),
    /// Leave the room; the call is over. Always the last action.
    Finish(Outcome),
}

/// A message of the Voice Agent API, client to server.
#[derive(Debug, PartialEq)]
pub enum AgentCommand {
    /// `session.update`.
    UpdateSession(Box<SessionConfig>),
    /// `session.resume`.
    ResumeSession(SessionId),
    /// `session.end`.
    EndSession,
    /// `tool.result`.
    ToolResult {
        /// The call that is answered.
        call: CallId,
        /// Always a string, normally JSON.
        result: Private<String>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// `reply.create`.
    CreateReply {
        /// For this reply only.
        instructions: Option<Private<String>>,
    },
    /// `reply.cancel`.
    CancelReply(ReplyId),
    /// `conversation.message`.
    Message {
        /// Who is supposed to have said it.
        role: Role,
        /// What.
        content: Private<String>,
    },
}

/// Who says a `conversation.message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The caller.
    User,
    /// The operator.
    System,
}

/// A stretch of the agent's voice within its call, counted from 1 in the order of playing: a
/// reply, or what of it follows a flush. Facts name a reply by its first stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Utterance(pub u32);

/// LiveKit's `lk.agent.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// The voice session is not ready yet.
    Initializing,
    /// The agent hears.
    Listening,
    /// The caller's turn is over, the reply not yet audible.
    Thinking,
    /// The reply is audible.
    Speaking,
}

impl AgentState {
    /// The attribute that tells the room what the agent does.
    pub const ATTRIBUTE: &str = "lk.agent.state";

    /// The attribute's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Listening => "listening",
            Self::Thinking => "thinking",
            Self::Speaking => "speaking",
        }
    }
}

/// Something that happened in the call, for whoever watches it.
#[derive(Debug, PartialEq)]
pub enum Fact {
    /// The voice session accepts audio.
    SessionReady {
        /// Its name, for support requests.
        session: Option<SessionId>,
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
    /// What the agent said and the caller heard.
    AgentTranscript {
        /// The reply.
        utterance: Utterance,
        /// Cut to what was played when interrupted.
        text: Private<String>,
        /// Whether the caller cut it short.
        interrupted: bool,
    },
    /// The caller cut a reply short. Comes when it is known how much of it was heard.
    Interrupted {
        /// The reply.
        utterance: Utterance,
        /// How much of it was heard.
        played: Duration,
    },
    /// The voice session was lost; it is resumed, or another one begins.
    AgentLost(Loss),
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
    Dropped(Dropped),
    /// The API sent a message of a type we do not know.
    UnknownMessage {
        /// Its type.
        kind: String,
    },
    /// The agent called a tool that does not exist.
    UnknownTool {
        /// Its name.
        name: String,
    },
    /// "Speaking" or "thinking" lasted without audio; the state was put back.
    WentQuiet(AgentState),
}

/// Why a frame was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// From the microphone, before the session was ready or after its end.
    MicNotReady,
    /// From the agent, of a reply that was interrupted or of none.
    StaleReply,
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The caller left.
    CallerLeft,
    /// Nobody came in time.
    NoCaller,
    /// The room is over for us.
    Room(RoomEnd),
    /// The process was told to end.
    Shutdown,
    /// Another agent of the same name is in the room.
    SecondAgent,
    /// The voice session ended by the server's will.
    AgentEnded,
    /// The agent's WebSocket could not be opened, or was lost.
    AgentLost(Loss),
    /// The voice session was refused, or lost right after this error.
    AgentRejected(AgentError),
    /// The voice session was not ready in time.
    AgentTimeout,
    /// The agent took no audio for too long.
    AgentStalled,
    /// The agent sent more audio than anybody can hear.
    PlayoutOverflow,
}

impl Outcome {
    /// Whether the call ended as calls do.
    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Self::CallerLeft
                | Self::Room(RoomEnd::Closed)
                | Self::Shutdown
                | Self::SecondAgent
                | Self::AgentEnded
        )
    }
}
