//! Labels for logs and metrics: one per enum variant, without its data.

use super::{
    Action, AgentCommand, AgentEvent, DropReason, Event, Fact, Inaudible, Limit, Outcome,
    PlayoutEvent, ReplyStatus, RoomEnd, RoomEvent, SocketLoss, ToolDropped,
};

macro_rules! names {
    ($($type:ident { $($pattern:pat => $name:expr,)+ })+) => {$(
        impl $type {
            /// The label in logs and metrics.
            pub fn name(&self) -> &'static str {
                match self {
                    $($pattern => $name,)+
                }
            }
        }
    )+};
}

names! {
    Event {
        Self::Shutdown => "shutdown",
        Self::Drain => "drain",
        Self::SayGoodbye => "say_goodbye",
        Self::Room(_) => "room",
        Self::AgentOpened => "agent_opened",
        Self::Agent(_) => "agent",
        Self::AgentLost(_) => "agent_lost",
        Self::AgentStalled => "agent_stalled",
        Self::Profile(_) => "brief",
        Self::ToolDone { .. } => "tool_done",
        Self::TypedText(_) => "input",
        Self::Playout(_) => "playout",
        Self::Mic(_) => "mic",
        Self::Speaks(_) => "speaks",
        Self::PreConnectAudio { .. } => "early",
    }
    RoomEvent {
        Self::Joined { .. } => "joined",
        Self::Changed { .. } => "changed",
        Self::Left { .. } => "left",
        Self::PreConnectAnnounced { .. } => "early_comes",
        Self::HandOver { .. } => "hand_over",
        Self::Agent { .. } => "agent",
        Self::ChatMessage { .. } => "text",
        Self::Subscribed => "subscribed",
        Self::Audibility(_) => "voice",
        Self::Ended(_) => "ended",
    }
    Inaudible {
        Self::NotAllowed => "not_allowed",
        Self::NotPublished => "not_published",
        Self::Muted => "muted",
        Self::CallerDeaf => "caller_deaf",
    }
    RoomEnd {
        Self::Closed => "closed",
        Self::Removed => "removed",
        Self::DuplicateIdentity => "duplicate_identity",
        Self::ConnectionLost => "connection_lost",
    }
    PlayoutEvent {
        Self::Audible { .. } => "audible",
        Self::Progress { .. } => "progress",
        Self::Drained { .. } => "drained",
        Self::Flushed { .. } => "flushed",
        Self::Silent { .. } => "silent",
        Self::Overflowed => "overflowed",
    }
    SocketLoss {
        Self::Unreachable(_) => "unreachable",
        Self::Refused(_) => "refused",
        Self::Closed { .. } => "closed",
        Self::Broken(_) => "broken",
    }
    AgentEvent {
        Self::SessionUpdated => "session_updated",
        Self::SessionReady { .. } => "session_ready",
        Self::SessionError(_) => "session_error",
        Self::SessionEnded => "session_ended",
        Self::SpeechStarted => "speech_started",
        Self::SpeechStopped => "speech_stopped",
        Self::UserTranscriptDelta { .. } => "user_transcript_delta",
        Self::UserTranscript { .. } => "user_transcript",
        Self::ReplyStarted { .. } => "reply_started",
        Self::ReplyAudio { .. } => "reply_audio",
        Self::AgentTranscriptDelta { .. } => "agent_transcript_delta",
        Self::AgentTranscript { .. } => "agent_transcript",
        Self::ReplyDone { .. } => "reply_done",
        Self::ReplyError { .. } => "reply_error",
        Self::ToolCall { .. } => "tool_call",
        Self::Unknown { .. } => "unknown",
    }
    ReplyStatus {
        Self::Completed => "completed",
        Self::Interrupted => "interrupted",
        Self::Cancelled => "cancelled",
        Self::Failed => "failed",
    }
    Action {
        Self::ConnectAgent => "connect_agent",
        Self::ResumeAgent(_) => "resume_agent",
        Self::SendAgent(_) => "send_agent",
        Self::SendAudio(_) => "send_audio",
        Self::CloseAgent => "close_agent",
        Self::Listen(_) => "listen",
        Self::ListenAlso(_) => "listen_also",
        Self::AnswerHandOver(_) => "answer_hand_over",
        Self::Play { .. } => "play",
        Self::PausePlayout => "pause_playout",
        Self::ResumePlayout => "resume_playout",
        Self::FlushPlayout => "flush_playout",
        Self::Background(_) => "background",
        Self::RunTool { .. } => "run_tool",
        Self::CancelTool(_) => "cancel_tool",
        Self::Write(_) => "write",
        Self::Dismiss(_) => "dismiss",
        Self::DeleteRoom => "delete_room",
        Self::Caption(_) => "caption",
        Self::SetAgentState(_) => "set_agent_state",
        Self::Observe(_) => "observe",
        Self::Checkpoint(_) => "checkpoint",
        Self::Finish(_) => "finish",
    }
    AgentCommand {
        Self::UpdateSession(_) => "update_session",
        Self::ResumeSession(_) => "resume_session",
        Self::EndSession => "end_session",
        Self::ToolResult { .. } => "tool_result",
        Self::CreateReply { .. } => "create_reply",
        Self::CancelReply(_) => "cancel_reply",
        Self::Message { .. } => "message",
    }
    Fact {
        Self::SessionReady { .. } => "session_ready",
        Self::CallerSpeaks { .. } => "caller_speaks",
        Self::CallerStopped { .. } => "caller_stopped",
        Self::UserTranscript { .. } => "user_transcript",
        Self::UserWrote { .. } => "user_wrote",
        Self::AgentTranscript { .. } => "agent_transcript",
        Self::Audible { .. } => "audible",
        Self::Interrupted { .. } => "interrupted",
        Self::Silenced { .. } => "silenced",
        Self::FalseInterruption => "held_in_vain",
        Self::AgentLost(_) => "agent_lost",
        Self::AgentNotYet(_) => "agent_not_yet",
        Self::AgentBack { .. } => "agent_back",
        Self::AgentError(_) => "agent_error",
        Self::Dropped(_) => "dropped",
        Self::UnknownMessage { .. } => "unknown_message",
        Self::ToolCalled { .. } => "tool_called",
        Self::ToolAnswered { .. } => "tool_answered",
        Self::ToolDropped { .. } => "tool_dropped",
        Self::PhaseEntered { .. } => "phase_entered",
        Self::SessionChanged => "session_changed",
        Self::VoiceRefused => "voice_refused",
        Self::SessionRotated => "session_rotated",
        Self::LimitReached(_) => "limit_reached",
        Self::Used { .. } => "used",
        Self::Unheard(_) => "unheard",
        Self::HeardAgain { .. } => "heard_again",
        Self::WentQuiet(_) => "went_quiet",
    }
    Limit {
        Self::Idle => "limit_idle",
        Self::Duration => "limit_duration",
        Self::Turns => "limit_turns",
        Self::Cost => "limit_cost",
        Self::ToolCalls => "limit_tool_calls",
    }
    ToolDropped {
        Self::AtServer => "at_server",
        Self::Twice => "twice",
        Self::TooMany => "too_many",
        Self::Interrupted => "interrupted",
        Self::SessionLost => "session_lost",
        Self::HungUp => "hung_up",
    }
    DropReason {
        Self::MicNotReady => "mic_not_ready",
        Self::StaleReply => "stale_reply",
    }
    Outcome {
        Self::CallerLeft => "caller_left",
        Self::NoCaller => "no_caller",
        Self::Room(RoomEnd::Closed) => "room_closed",
        Self::Room(RoomEnd::Removed) => "room_removed",
        Self::Room(RoomEnd::DuplicateIdentity) => "room_duplicate_identity",
        Self::Room(RoomEnd::ConnectionLost) => "room_connection_lost",
        Self::Shutdown => "shutdown",
        Self::Drained => "drained",
        Self::SecondAgent => "second_agent",
        Self::AgentHungUp => "agent_hung_up",
        Self::Limit(limit) => limit.name(),
        Self::AgentEnded => "agent_ended",
        Self::AgentLost(_) => "agent_lost",
        Self::AgentRejected(_) => "agent_rejected",
        Self::AgentTimeout => "agent_timeout",
        Self::AgentStalled => "agent_stalled",
        Self::PlayoutOverflow => "playout_overflow",
    }
}
