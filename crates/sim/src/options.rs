//! Options of the simulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

use super::recording::Recording;
use super::scenario::{Scenario, StoredAgent};

/// Options of the simulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// Listen address; port 0 picks a free port.
    pub listen: SocketAddr,
    /// The key to accept; `None` accepts anything but resume tokens.
    pub key: Option<String>,
    /// What the agent says in reply.
    pub reply: Reply,
    /// Pace of the reply audio.
    pub pace: Pace,
    /// Speech needed for `input.speech.started` while the agent is silent.
    pub onset: Duration,
    /// Speech needed for a barge-in while the agent speaks.
    pub barge_in: Duration,
    /// Silence needed for `input.speech.stopped`.
    pub end_of_turn: Duration,
    /// Rules for calling tools; the first that matches a turn applies.
    pub tool_rules: Vec<ToolRule>,
    /// Stored agents that a session may name.
    pub agents: Vec<StoredAgent>,
    /// Scenarios to play.
    pub scenarios: Vec<Scenario>,
    /// File to record all WebSocket messages to.
    pub record: Option<PathBuf>,
    /// Recording to play back instead of simulating.
    pub replay: Option<Recording>,
}

/// What the agent says in reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Repeats what it heard.
    Parrot,
    /// Plays the bundled clip that fits, or else the next one.
    Script,
}

/// Pace of the audio of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// 10 ms of audio every 10 ms, like the real API.
    RealTime,
    /// All audio at once, as the real API reportedly used to.
    Burst,
}

/// A rule that answers a turn of the caller with a tool call.
///
/// Parses from `table=book_table:{"people":2}`, or `2=book_table` for the second turn. A tool that
/// is not in the session is never called.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRule {
    /// The turns that the rule applies to.
    pub when: When,
    /// Name of the tool.
    pub name: String,
    /// Arguments of the call.
    pub arguments: Map<String, Value>,
}

/// Selects turns of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Every turn whose words contain this text, ignoring case.
    Says(String),
    /// The turn with this number, from 1.
    Turn(usize),
}

/// The text is not a [`ToolRule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected WORD=TOOL or WORD=TOOL:{{JSON}}")]
pub struct ToolRuleError;

impl Default for Options {
    /// Repeats what it hears, on a free port of loopback, with the delays measured on the real API.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            key: None,
            reply: Reply::Parrot,
            pace: Pace::RealTime,
            onset: Duration::from_millis(600),
            barge_in: Duration::from_millis(1_000),
            end_of_turn: Duration::from_millis(930),
            tool_rules: Vec::new(),
            agents: Vec::new(),
            scenarios: Vec::new(),
            record: None,
            replay: None,
        }
    }
}

impl ToolRule {
    /// Whether the rule applies to turn number `turn`, in which the caller said `words`.
    pub(super) fn fits(&self, words: &str, turn: usize) -> bool {
        match &self.when {
            When::Says(part) => words.to_lowercase().contains(&part.to_lowercase()),
            When::Turn(number) => *number == turn,
        }
    }
}

impl FromStr for ToolRule {
    type Err = ToolRuleError;

    fn from_str(text: &str) -> Result<Self, ToolRuleError> {
        let (when, call) = text.split_once('=').ok_or(ToolRuleError)?;
        let (name, arguments) = call.split_once(':').unwrap_or((call, "{}"));
        if when.is_empty() || name.is_empty() {
            return Err(ToolRuleError);
        }
        Ok(Self {
            when: match when.parse() {
                Ok(number) => When::Turn(number),
                Err(_) => When::Says(when.to_owned()),
            },
            name: name.to_owned(),
            arguments: serde_json::from_str(arguments).map_err(|_| ToolRuleError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_parsed() {
        let rule: ToolRule = r#"table=book_table:{"people":2}"#.parse().unwrap();
        assert!(rule.fits("I would like a Table.", 7));
        assert!(!rule.fits("I would like a chair.", 7));
        assert_eq!(
            (rule.name.as_str(), &rule.arguments["people"]),
            ("book_table", &2.into())
        );
        let second: ToolRule = "2=look".parse().unwrap();
        assert!(second.fits("", 2) && !second.fits("2", 1));
        for wrong in ["look", "=look", "a=", "a=b:[]", "a=b:{"] {
            assert_eq!(wrong.parse::<ToolRule>(), Err(ToolRuleError), "{wrong}");
        }
    }
}
