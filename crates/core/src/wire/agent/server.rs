//! Server to client: decodes JSON messages into events.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::audio::Reader;
use super::field::{self, Field};
use crate::conversation::{AgentError, AgentEvent, ReplyStatus};
use crate::ids::{ItemId, ReplyId, SessionId, ToolCallId};
use crate::secret::{Private, Secret};

/// Maximum length of an unknown message's type, of a tool's name and of an error's code, in
/// characters.
const NAME: usize = 64;
/// Maximum length of an error's message, in characters.
const MESSAGE: usize = 300;

/// Decodes the server's messages. Use one decoder per connection: it keeps half a sample between
/// two pieces of a reply's audio.
#[derive(Debug, Default)]
pub struct Decoder {
    audio: Reader,
    /// ID of the reply of the last `reply.audio`, so that it is not allocated again for each
    /// message.
    reply: Option<ReplyId>,
}

/// Why a message could not be decoded. Never contains any of the message's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The text is not JSON.
    #[error("not valid JSON")]
    NotJson,
    /// The JSON value is not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The object contains a field twice.
    #[error("a field occurs twice")]
    FieldTwice,
    /// The field `type` is missing or not a string.
    #[error("`type` is missing or not a string")]
    MissingType,
    /// A required field is missing or of the wrong type.
    #[error("{kind}: {field} is missing or has the wrong type")]
    BadField {
        /// Type of the message.
        kind: &'static str,
        /// Name of the field.
        field: &'static str,
    },
    /// The audio is not base64.
    #[error("reply.audio: data is not valid base64")]
    BadAudio,
}

impl Decoder {
    /// Creates a decoder for a new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes one text frame.
    ///
    /// # Errors
    /// Returns a [`DecodeError`] if the message is invalid. The decoder can still be used for the
    /// next message.
    pub fn decode(&mut self, text: &str) -> Result<AgentEvent, DecodeError> {
        let message = Message::parse(text)?;
        let kind = field::text(message.kind).ok_or(DecodeError::MissingType)?;
        match kind.as_ref() {
            "reply.audio" => self.reply_audio(&message),
            "reply.started" => {
                self.audio.reset();
                self.reply = None;
                Ok(AgentEvent::ReplyStarted {
                    reply: message.reply(),
                })
            }
            other => message.event(other),
        }
    }

    fn reply_audio(&mut self, message: &Message<'_>) -> Result<AgentEvent, DecodeError> {
        let data = field::text(message.data).ok_or(DecodeError::BadField {
            kind: "reply.audio",
            field: "data",
        })?;
        let name = field::text(message.reply_id);
        if self.reply.as_ref().map(ReplyId::as_str) != name.as_deref() {
            self.audio.reset();
            self.reply = name.as_deref().map(ReplyId::from);
        }
        let frame = self.audio.read(&data).ok_or(DecodeError::BadAudio)?;
        Ok(AgentEvent::ReplyAudio {
            reply: self.reply.clone(),
            frame,
        })
    }
}

/// All fields of all messages as raw JSON. Unknown fields are skipped.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Field<'a>,
    #[serde(borrow)]
    reply_id: Field<'a>,
    #[serde(borrow)]
    data: Field<'a>,
    #[serde(borrow)]
    item_id: Field<'a>,
    #[serde(borrow)]
    text: Field<'a>,
    #[serde(borrow)]
    delta: Field<'a>,
    #[serde(borrow)]
    start_ms: Field<'a>,
    #[serde(borrow)]
    end_ms: Field<'a>,
    #[serde(borrow)]
    interrupted: Field<'a>,
    #[serde(borrow)]
    status: Field<'a>,
    #[serde(borrow)]
    session_id: Field<'a>,
    #[serde(borrow)]
    resume_token: Field<'a>,
    #[serde(borrow)]
    expires_at: Field<'a>,
    #[serde(borrow)]
    config: Field<'a>,
    #[serde(borrow)]
    code: Field<'a>,
    #[serde(borrow)]
    message: Field<'a>,
    #[serde(borrow)]
    param: Field<'a>,
    #[serde(borrow)]
    retryable: Field<'a>,
    #[serde(borrow)]
    call_id: Field<'a>,
    #[serde(borrow)]
    name: Field<'a>,
    #[serde(borrow)]
    arguments: Field<'a>,
}

impl<'a> Message<'a> {
    fn parse(text: &'a str) -> Result<Self, DecodeError> {
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| match error.classify() {
                Category::Data => DecodeError::FieldTwice,
                _ => DecodeError::NotJson,
            });
        }
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Err(DecodeError::NotAnObject),
            Err(_) => Err(DecodeError::NotJson),
        }
    }

    fn event(&self, kind: &str) -> Result<AgentEvent, DecodeError> {
        Ok(match kind {
            "session.updated" => AgentEvent::SessionUpdated,
            "session.ready" => self.session_ready(),
            "session.error" | "error" => AgentEvent::SessionError(self.error()),
            "session.ended" => AgentEvent::SessionEnded,
            "input.speech.started" => AgentEvent::SpeechStarted,
            "input.speech.stopped" => AgentEvent::SpeechStopped,
            "transcript.user.delta" => AgentEvent::UserTranscriptDelta {
                item: self.item(),
                text: said("transcript.user.delta", "text", self.text)?,
            },
            "transcript.user" => AgentEvent::UserTranscript {
                item: self.item(),
                text: said("transcript.user", "text", self.text)?,
            },
            "transcript.agent.delta" => AgentEvent::AgentTranscriptDelta {
                reply: self.reply(),
                delta: said("transcript.agent.delta", "delta", self.delta)?,
                start: field::milliseconds(self.start_ms),
                end: field::milliseconds(self.end_ms),
            },
            "transcript.agent" => AgentEvent::AgentTranscript {
                reply: self.reply(),
                text: said("transcript.agent", "text", self.text)?,
                interrupted: field::flag(self.interrupted).unwrap_or(false),
            },
            "reply.done" => AgentEvent::ReplyDone {
                reply: self.reply(),
                status: self.status(),
            },
            "reply.error" => AgentEvent::ReplyError {
                reply: self.reply(),
                error: self.error(),
                retryable: field::flag(self.retryable).unwrap_or(false),
            },
            "tool.call" => self.tool_call()?,
            unknown => AgentEvent::Unknown {
                kind: unknown.chars().take(NAME).collect(),
            },
        })
    }

    fn session_ready(&self) -> AgentEvent {
        AgentEvent::SessionReady {
            session: field::text(self.session_id).map(|id| SessionId::from(&*id)),
            resume_token: field::text(self.resume_token)
                .filter(|token| !token.is_empty())
                .map(Secret::new),
            expires_at: field::integer(self.expires_at),
            server_tools: field::object(self.config)
                .and_then(|config| serde_json::from_str::<Config<'_>>(config).ok())
                .map(|config| config.server_tools())
                .unwrap_or_default(),
        }
    }

    fn tool_call(&self) -> Result<AgentEvent, DecodeError> {
        let bad = |field| DecodeError::BadField {
            kind: "tool.call",
            field,
        };
        let arguments = match self.arguments {
            None => "{}".to_owned(),
            some => field::object(some)
                .ok_or_else(|| bad("arguments"))?
                .to_owned(),
        };
        Ok(AgentEvent::ToolCall {
            call: ToolCallId::from(&*field::text(self.call_id).ok_or_else(|| bad("call_id"))?),
            name: field::cut_text(self.name, NAME).ok_or_else(|| bad("name"))?,
            arguments: arguments.into(),
        })
    }

    fn error(&self) -> AgentError {
        AgentError {
            code: field::cut_text(self.code, NAME)
                .unwrap_or_default()
                .to_lowercase(),
            message: field::cut_text(self.message, MESSAGE).unwrap_or_default(),
            param: field::cut_text(self.param, NAME),
        }
    }

    fn status(&self) -> ReplyStatus {
        match field::text(self.status).as_deref() {
            Some("interrupted") => ReplyStatus::Interrupted,
            Some("cancelled") => ReplyStatus::Cancelled,
            Some("failed") => ReplyStatus::Failed,
            _ => ReplyStatus::Completed,
        }
    }

    fn reply(&self) -> Option<ReplyId> {
        field::text(self.reply_id).map(|id| ReplyId::from(&*id))
    }

    fn item(&self) -> Option<ItemId> {
        field::text(self.item_id).map(|id| ItemId::from(&*id))
    }
}

fn said(
    kind: &'static str,
    field: &'static str,
    value: Field<'_>,
) -> Result<Private<String>, DecodeError> {
    let text = field::text(value).ok_or(DecodeError::BadField { kind, field })?;
    Ok(Private::new(text.into_owned()))
}

/// The part of the resolved `config` in `session.ready` that is used.
#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    tools: Field<'a>,
}

#[derive(Deserialize)]
struct ConfigTool<'a> {
    #[serde(borrow)]
    name: Field<'a>,
    http: Option<IgnoredAny>,
    session_update: Option<IgnoredAny>,
}

impl Config<'_> {
    /// Names of the tools that the API runs itself.
    fn server_tools(&self) -> Vec<String> {
        let tools = self.tools.map(|tools| tools.get()).unwrap_or_default();
        let tools: Vec<Field<'_>> = serde_json::from_str(tools).unwrap_or_default();
        let tools = tools.into_iter().filter_map(field::object);
        tools
            .filter_map(|tool| serde_json::from_str::<ConfigTool<'_>>(tool).ok())
            .filter(|tool| tool.http.is_some() || tool.session_update.is_some())
            .filter_map(|tool| field::cut_text(tool.name, NAME))
            .collect()
    }
}
