//! How a scenario is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Expect;

/// A whole file.
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

/// One thing that is done at one time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct Step {
    pub(super) on: String,
    #[serde(default)]
    pub(super) when: Map<String, Value>,
    #[serde(default)]
    pub(super) nth: Which,
    #[serde(default)]
    pub(super) session: Which,
    #[serde(default)]
    pub(in crate::sim) after_ms: u64,
    #[serde(default)]
    pub(super) before: bool,
    #[serde(rename = "do")]
    pub(in crate::sim) does: Do,
}

/// Some of many that are counted from 1.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "it must be a number or a list of numbers, from 0"
)]
pub(super) enum Which {
    /// This one; 0 is each.
    One(u64),
    These(Vec<u64>),
}

/// What a step does.
///
/// In texts `$session`, `$reply`, `$item` and `$call` stand for the last that was sent; a text that
/// is `$null` is null, and one that is `$pad:N` has N characters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sim) enum Do {
    /// This message is sent.
    Send(Map<String, Value>),
    /// This text is sent, whatever it is.
    Text(String),
    /// This message, and those of its type after it, so many in all, are not sent; a message of
    /// the client is not heard; a moment does not come.
    Drop(u64),
    /// The message waits so long; those behind it do not.
    DelayMs(u64),
    /// Fields of the message are overwritten.
    Set(Map<String, Value>),
    /// Fields of the message are left out.
    Remove(Vec<String>),
    /// The message is sent so many times more.
    Repeat(u64),
    /// The message comes after the next one.
    Swap(bool),
    /// The agent calls these tools: in place of its answer, or as soon as it is silent.
    Tool(Vec<ToolCall>),
    /// The caller interrupts, though nobody is heard; what is due already is sent before.
    Interrupt(bool),
    /// The socket is closed.
    Close(Close),
    /// The connection is cut without a close frame.
    Cut(bool),
    /// Nothing more is read or sent, pongs included.
    Hang(bool),
    /// The handshake is refused with this HTTP status.
    Refuse(u16),
    /// The message is answered with this error, and the socket closed with 1008.
    Reject(String),
    /// So many seconds of audio of the last reply are sent at once.
    AudioS(f64),
    /// The reply is so many seconds longer.
    LongerS(f64),
}

/// A call of a tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct ToolCall {
    pub(in crate::sim) name: String,
    #[serde(default)]
    pub(in crate::sim) arguments: Map<String, Value>,
    /// What the agent says before it calls; it is silent otherwise.
    pub(in crate::sim) says: Option<String>,
    /// The server runs it: nobody may answer.
    #[serde(default)]
    pub(in crate::sim) server: bool,
}

/// How the socket is closed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct Close {
    pub(in crate::sim) code: u16,
    #[serde(default)]
    pub(in crate::sim) reason: String,
    /// The code of a `session.error` that is sent before.
    pub(in crate::sim) error: Option<String>,
}

impl Default for Which {
    /// The first.
    fn default() -> Self {
        Self::One(1)
    }
}

impl Which {
    /// Whether number `number` is one, or one of the `run - 1` before it is.
    pub(super) fn has(&self, number: u64, run: u64) -> bool {
        let begins = |from: u64| (from..from.saturating_add(run.max(1))).contains(&number);
        match self {
            Self::One(0) => true,
            Self::One(one) => begins(*one),
            Self::These(these) => these.iter().any(|one| begins(*one)),
        }
    }
}

impl Do {
    /// Its name in a file.
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

    /// Whether it changes what it waits for, instead of being done before or after it.
    pub(super) fn changes(&self) -> bool {
        use Do::{DelayMs, Drop, Refuse, Reject, Remove, Repeat, Set, Swap};
        matches!(
            self,
            Drop(_) | DelayMs(_) | Set(_) | Remove(_) | Repeat(_) | Swap(_) | Refuse(_) | Reject(_)
        )
    }
}
