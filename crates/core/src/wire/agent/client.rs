//! Client to server: encodes commands as JSON, appended to a buffer that is reused.

use bytes::{BufMut, BytesMut};
use serde::Serialize;

use super::audio::append_base64;
use super::session::SessionConfig;
use crate::conversation::{AgentCommand, Role};

/// The JSON before and after the base64 data of `input.audio`.
const AUDIO_HEAD: &[u8] = br#"{"type":"input.audio","audio":""#;
const AUDIO_TAIL: &[u8] = br#""}"#;

/// Appends `command` to `out` as one JSON message.
pub fn encode(command: &AgentCommand, out: &mut BytesMut) {
    serde_json::to_writer(out.writer(), &Wire::from(command))
        .expect("commands contain only strings, numbers and string keys, and the buffer grows");
}

/// Appends `samples` as one `input.audio` message. The base64 is written directly into `out`.
pub fn encode_audio(samples: &[i16], out: &mut BytesMut) {
    out.extend_from_slice(AUDIO_HEAD);
    append_base64(samples, out);
    out.extend_from_slice(AUDIO_TAIL);
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Wire<'a> {
    #[serde(rename = "session.update")]
    UpdateSession { session: &'a SessionConfig },
    #[serde(rename = "session.resume")]
    ResumeSession { session_id: &'a str },
    #[serde(rename = "session.end")]
    EndSession,
    #[serde(rename = "tool.result")]
    ToolResult {
        call_id: &'a str,
        result: &'a str,
        is_error: bool,
    },
    #[serde(rename = "reply.create")]
    CreateReply {
        #[serde(skip_serializing_if = "Option::is_none")]
        instructions: Option<&'a str>,
    },
    #[serde(rename = "reply.cancel")]
    CancelReply { reply_id: &'a str },
    #[serde(rename = "conversation.message")]
    Message { role: &'a str, content: &'a str },
}

impl<'a> From<&'a AgentCommand> for Wire<'a> {
    fn from(command: &'a AgentCommand) -> Self {
        match command {
            AgentCommand::UpdateSession(session) => Self::UpdateSession { session },
            AgentCommand::ResumeSession(session) => Self::ResumeSession {
                session_id: session.as_str(),
            },
            AgentCommand::EndSession => Self::EndSession,
            AgentCommand::ToolResult {
                call,
                result,
                is_error,
            } => Self::ToolResult {
                call_id: call.as_str(),
                result: result.reveal(),
                is_error: *is_error,
            },
            AgentCommand::CreateReply { instructions } => Self::CreateReply {
                instructions: instructions.as_ref().map(|text| text.reveal().as_str()),
            },
            AgentCommand::CancelReply(reply) => Self::CancelReply {
                reply_id: reply.as_str(),
            },
            AgentCommand::Message { role, content } => Self::Message {
                role: match role {
                    Role::User => "user",
                    Role::System => "system",
                },
                content: content.reveal(),
            },
        }
    }
}
