//! What a simulator is told to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

use super::replay::Recording;
use super::scenario::Scenario;

/// What the simulator does.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key it takes; without it, all but resume tokens.
    pub key: Option<String>,
    /// What it answers.
    pub reply: Reply,
    /// How fast it sends audio.
    pub pace: Pace,
    /// From the first sound to `input.speech.started` while it is silent.
    pub onset: Duration,
    /// From the first sound to an interruption while it speaks.
    pub barge_in: Duration,
    /// From the last sound to `input.speech.stopped`.
    pub end_of_turn: Duration,
    /// When it calls a tool; the first rule that fits a turn.
    pub calls: Vec<ToolRule>,
    /// The agents that a session may name.
    pub agents: Vec<StoredAgent>,
    /// What it does beyond the protocol, or against it.
    pub scenarios: Vec<Scenario>,
    /// Where it writes down what is said on its WebSockets.
    pub record: Option<PathBuf>,
    /// What it plays back, in place of everything else.
    pub replay: Option<Recording>,
}

/// What the simulator answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// What it heard.
    Parrot,
    /// A shipped clip that fits, or the next one.
    Script,
}

/// How fast the simulator sends a reply's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// 10 ms each 10 ms, as the real API does.
    RealTime,
    /// All at once, as the real API is said to have done.
    Burst,
}

/// A turn of the caller that is answered with the call of a tool.
///
/// As text `table=book_table:{"people":2}`, or `2=book_table` for the second turn. A tool that the
/// session does not have is never called.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRule {
    /// Which turn.
    pub when: When,
    /// The tool.
    pub name: String,
    /// What it is called with.
    pub arguments: Map<String, Value>,
}

/// Which turn of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Each one whose words have this in them, in whatever case.
    Says(String),
    /// The one of this number, from 1.
    Turn(usize),
}

/// Why a text is no [`ToolRule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be WORD=TOOL or WORD=TOOL:{{JSON}}")]
pub struct ToolRuleError;

/// An agent that is stored at the API.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAgent {
    /// `agent_` and 32 hexadecimal digits.
    pub id: String,
    /// Its session, as in `session.update`; its tools may be the server's own.
    pub config: Value,
}

impl Default for Options {
    /// A parrot on a free port of loopback, as quick as the real API was measured.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            key: None,
            reply: Reply::Parrot,
            pace: Pace::RealTime,
            onset: Duration::from_millis(600),
            barge_in: Duration::from_millis(1_000),
            end_of_turn: Duration::from_millis(930),
            calls: Vec::new(),
            agents: Vec::new(),
            scenarios: Vec::new(),
            record: None,
            replay: None,
        }
    }
}

impl ToolRule {
    /// Whether it is for the `turn`th turn, in which the caller said `words`.
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
    fn a_rule_is_read() {
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
