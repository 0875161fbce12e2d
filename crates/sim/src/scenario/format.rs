//! File format of scenarios.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) about: String,
    pub(super) expect: Option<Expect>,
    #[serde(default)]
    pub(super) burst: bool,
    #[serde(default)]
    pub(super) odd_chunks: bool,
    #[serde(default)]
    pub(super) agents: BTreeMap<String, Value>,
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<toml::Spanned<Step>>,
}

/// Expected effect of a scenario on the call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Expect {
    /// The call continues with the same session, over the same connection.
    Lives,
    /// The call continues with the same session, over another connection.
    Resumed,
    /// The call continues with a new session.
    Replaced,
    /// The call ends, and its report gives this outcome.
    Ended(String),
    /// The call does not start: the key or a setting is wrong.
    Refused,
    /// The call does not start: the service is at capacity.
    Busy,
}

/// A step: what to do on which event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(super) on: String,
    #[serde(default)]
    pub(super) when: Map<String, Value>,
    #[serde(default)]
    pub(super) nth: Which,
    #[serde(default)]
    pub(super) session: Which,
    #[serde(default)]
    pub(crate) after_ms: u64,
    #[serde(default)]
    pub(super) before: bool,
    #[serde(rename = "do")]
    pub(crate) does: Action,
}

/// Selects events or sessions, counted from 1.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number or a list of numbers, 0 or greater"
)]
pub(super) enum Which {
    /// The one with this number; 0 selects all.
    One(u64),
    These(Vec<u64>),
}

/// Action of a step.
///
/// In strings, `$session`, `$reply`, `$item` and `$call` stand for the ids that were sent last. The
/// string `$null` becomes null, and `$pad:N` becomes N characters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Sends this message.
    Send(Map<String, Value>),
    /// Sends this text as it is.
    Text(String),
    /// Drops this many messages of the type, starting with this one: a message of the simulator is
    /// not sent, a message of the client is ignored, a moment does not happen.
    Drop(u64),
    /// Delays the message by this many milliseconds; later messages overtake it.
    DelayMs(u64),
    /// Overwrites fields of the message.
    Set(Map<String, Value>),
    /// Removes fields of the message.
    Remove(Vec<String>),
    /// Sends the message this many more times.
    Repeat(u64),
    /// Sends the message after the next one.
    Swap(bool),
    /// Calls these tools: in place of the next answer, or as soon as the agent is silent.
    Tool(Vec<ToolCall>),
    /// Interrupts the reply although nobody speaks; messages that are due go out first.
    Interrupt(bool),
    /// Closes the WebSocket.
    Close(Close),
    /// Cuts the connection without a close frame.
    Cut(bool),
    /// Stops reading and sending, including pongs.
    Hang(bool),
    /// Refuses the handshake with this HTTP status.
    Refuse(u16),
    /// Answers the message with this error, and closes the WebSocket with 1008.
    Reject(String),
    /// Sends this many seconds of audio for the last reply at once.
    AudioS(f64),
    /// Makes the reply longer by this many seconds.
    LongerS(f64),
}

/// A tool call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    /// What the agent says before the call; `None` for silence.
    pub(crate) says: Option<String>,
    /// Whether the server runs the tool; the client must not answer.
    #[serde(default)]
    pub(crate) server: bool,
}

/// Closing of the WebSocket.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Close {
    pub(crate) code: u16,
    #[serde(default)]
    pub(crate) reason: String,
    /// Code of a `session.error` to send first.
    pub(crate) error: Option<String>,
}

impl Default for Which {
    /// Selects the first.
    fn default() -> Self {
        Self::One(1)
    }
}

impl Which {
    /// Whether `number` is selected, or one of the `run - 1` numbers before it is.
    pub(super) fn has(&self, number: u64, run: u64) -> bool {
        let begins = |from: u64| (from..from.saturating_add(run.max(1))).contains(&number);
        match self {
            Self::One(0) => true,
            Self::One(one) => begins(*one),
            Self::These(these) => these.iter().any(|one| begins(*one)),
        }
    }
}

impl Action {
    /// Name of the action in a scenario file.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::Text(_) => "text",
            Self::Drop(_) => "drop",
            Self::DelayMs(_) => "delay_ms",
            Self::Set(_) => "set",
            Self::Remove(_) => "remove",
            Self::Repeat(_) => "repeat",
            Self::Swap(_) => "swap",
            Self::Tool(_) => "tool",
            Self::Interrupt(_) => "interrupt",
            Self::Close(_) => "close",
            Self::Cut(_) => "cut",
            Self::Hang(_) => "hang",
            Self::Refuse(_) => "refuse",
            Self::Reject(_) => "reject",
            Self::AudioS(_) => "audio_s",
            Self::LongerS(_) => "longer_s",
        }
    }

    /// Whether the action applies to the event itself, instead of running before or after it.
    pub(super) fn changes(&self) -> bool {
        use Action::{DelayMs, Drop, Refuse, Reject, Remove, Repeat, Set, Swap};
        matches!(
            self,
            Drop(_) | DelayMs(_) | Set(_) | Remove(_) | Repeat(_) | Swap(_) | Refuse(_) | Reject(_)
        )
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lives => f.write_str("lives"),
            Self::Resumed => f.write_str("resumed"),
            Self::Replaced => f.write_str("replaced"),
            Self::Refused => f.write_str("refused"),
            Self::Busy => f.write_str("busy"),
            Self::Ended(reason) => write!(f, "ended {reason}"),
        }
    }
}

impl TryFrom<String> for Expect {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "lives" => Self::Lives,
            "resumed" => Self::Resumed,
            "replaced" => Self::Replaced,
            "refused" => Self::Refused,
            "busy" => Self::Busy,
            other => match other.strip_prefix("ended ") {
                Some(reason) if !reason.is_empty() => Self::Ended(reason.to_owned()),
                _ => {
                    let known = "lives, resumed, replaced, refused, busy or ended REASON";
                    return Err(format!("expect must be {known}"));
                }
            },
        })
    }
}
