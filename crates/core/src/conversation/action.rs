//! Outputs of the conversation state machine.

use std::time::Duration;

use crate::audio::Frame;
use crate::ids::{Identity, ReplyId, SessionId, ToolCallId};
use crate::secret::{Private, Secret};
use crate::wire::agent::SessionConfig;

use super::agent_state::AgentState;
use super::callers::HandOverRefusal;
use super::captions::Caption;
use super::ending::outcome::Outcome;
use super::fact::Fact;
use super::failover::checkpoint::Checkpoint;
use super::playout::Utterance;
use super::playout::background::Background;

/// Something that the driver must do. Actions must be carried out in order.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Open the WebSocket to the Voice Agent API.
    ConnectAgent,
    /// Open it with this credential, which resumes a session.
    ResumeAgent(Secret),
    /// Send a message to the Voice Agent API.
    SendAgent(AgentCommand),
    /// Send 50 ms of the caller's audio (`input.audio`).
    SendAudio(Frame),
    /// Close the WebSocket to the Voice Agent API.
    CloseAgent,
    /// Subscribe to the microphone of this participant, who is the linked caller; `None` means
    /// nobody.
    Listen(Option<Identity>),
    /// Subscribe to these callers besides the linked one, and to no others. Only sent if the agent
    /// hears all callers.
    ListenAlso(Vec<Identity>),
    /// Answer to the oldest unanswered [`RoomEvent::HandOver`](super::RoomEvent::HandOver).
    AnswerHandOver(Result<(), HandOverRefusal>),
    /// Queue a frame of the agent's audio for playout.
    Play {
        /// Utterance of the frame.
        utterance: Utterance,
        /// Next samples, mono at 24 kHz.
        frame: Frame,
    },
    /// Pause playout and keep the queue.
    PausePlayout,
    /// Resume playout.
    ResumePlayout,
    /// Drop all audio that was not played yet: first Parlor's queue, then LiveKit's audio source.
    FlushPlayout,
    /// Play this background audio from now on.
    Background(Background),
    /// Run a tool; [`Event::ToolDone`](super::Event::ToolDone) returns the result.
    RunTool {
        /// ID of the tool call, to be repeated in the result.
        call: ToolCallId,
        /// Name of the tool.
        name: String,
        /// JSON object, as text; not yet validated against the tool's schema.
        arguments: Private<String>,
        /// Timeout; a later result is ignored.
        within: Duration,
    },
    /// Cancel this tool call; its result is not needed.
    CancelTool(ToolCallId),
    /// Send a text message to the caller, because the agent cannot speak at the moment.
    Write(Private<String>),
    /// Remove this participant from the room.
    Dismiss(Identity),
    /// Delete the room with all its participants.
    DeleteRoom,
    /// Publish a caption to the room (`lk.transcription`).
    Caption(Caption),
    /// Publish the agent state to the room (`lk.agent.state`).
    SetAgentState(AgentState),
    /// Record a fact for logs, metrics, transcripts and reports.
    Observe(Fact),
    /// Store this checkpoint, from which another process can continue the call.
    Checkpoint(Box<Checkpoint>),
    /// Leave the room: the call is over. Always the last action.
    Finish(Outcome),
}

/// Message from the client to the Voice Agent API.
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
        /// ID of the tool call.
        call: ToolCallId,
        /// Always a string, normally JSON.
        result: Private<String>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// `reply.create`.
    CreateReply {
        /// Instructions for this reply only.
        instructions: Option<Private<String>>,
    },
    /// `reply.cancel`.
    CancelReply(ReplyId),
    /// `conversation.message`.
    Message {
        /// Author of the message.
        role: Role,
        /// Text of the message.
        content: Private<String>,
    },
}

/// Author of a `conversation.message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The caller.
    User,
    /// The operator.
    System,
}
