//! What comes out of a conversation.

use std::time::Duration;

use crate::audio::Frame;
use crate::ids::{Identity, ReplyId, SessionId, ToolCallId};
use crate::secret::{Private, Secret};
use crate::wire::agent::SessionConfig;

use super::callers::HandOverRefusal;
use super::captions::Caption;
use super::ending::outcome::Outcome;
use super::fact::Fact;
use super::failover::checkpoint::Checkpoint;
use super::playout::background::Background;

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
    /// Listen to this participant's microphone; nobody with `None`. This one is linked.
    Listen(Option<Identity>),
    /// Listen to these as well, and to no others: all who are there, unless only the one who is
    /// linked is heard.
    ListenAlso(Vec<Identity>),
    /// What became of the first [`RoomEvent::HandOver`](super::RoomEvent::HandOver) that is not
    /// answered yet.
    AnswerHandOver(Result<(), HandOverRefusal>),
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
    /// Have the caller hear this besides the agent's voice, from now on.
    Background(Background),
    /// Use a tool; [`Event::ToolDone`](super::Event::ToolDone) brings what it gave.
    RunTool {
        /// The call, to be named when it is done.
        call: ToolCallId,
        /// The tool.
        name: String,
        /// A JSON object, as text; not yet held against the tool's schema.
        arguments: Private<String>,
        /// How long it may take; then its answer does not count.
        within: Duration,
    },
    /// Nobody waits for this call of a tool any more.
    CancelTool(ToolCallId),
    /// Write to the caller, because nothing can be said.
    Write(Private<String>),
    /// Take this participant out of the room.
    Dismiss(Identity),
    /// Delete the room, with all who are in it.
    DeleteRoom,
    /// Show the room what is said (`lk.transcription`).
    Caption(Caption),
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
        call: ToolCallId,
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
