//! What was said last, for a voice session that has to go on where another one ended.

use std::collections::VecDeque;

use super::checkpoint::{Speaker, Turn};
use crate::conversation::{Action, AgentState, Fact};
use crate::secret::Private;

/// Turns that are kept; enough to know what the call is about.
pub(crate) const TURNS: usize = 32;

/// Bytes of text that are kept; the oldest turns go first.
pub(crate) const BYTES: usize = 8 << 10;

/// Tells a new session what it has to go on with.
const INTRODUCTION: &str = "# The call so far\n\
    The connection was interrupted and is back. This is what was said before the interruption. \
    Go on from there, and do not greet the caller again.";

/// The last turns of a call.
#[derive(Debug, Default)]
pub(crate) struct History {
    turns: VecDeque<Turn>,
    bytes: usize,
    speaking: bool,
    owes: bool,
}

impl History {
    /// Goes on with what was said elsewhere.
    pub(crate) fn new(turns: Vec<Turn>, owes: bool) -> Self {
        let mut history = Self {
            owes,
            ..Self::default()
        };
        for turn in turns {
            history.push(turn);
        }
        history
    }

    /// Takes in what an action says of the call; whether that is news.
    pub(crate) fn note(&mut self, action: &Action) -> bool {
        match action {
            Action::Observe(Fact::UserTranscript {
                text,
                is_final: true,
                ..
            })
            | Action::Observe(Fact::UserWrote { text }) => self.said(Speaker::Caller, text, true),
            Action::Observe(Fact::AgentTranscript { text, .. }) => {
                self.said(Speaker::Agent, text, false);
            }
            Action::SetAgentState(AgentState::Speaking) => {
                self.speaking = true;
                self.owes = true;
            }
            Action::SetAgentState(AgentState::Listening) if self.speaking => {
                self.speaking = false;
                self.owes = false;
            }
            _ => return false,
        }
        true
    }

    /// What was said last, the oldest first.
    pub(crate) fn turns(&self) -> Vec<Turn> {
        self.turns.iter().cloned().collect()
    }

    /// Whether the caller waits for the agent, or heard only the beginning of what it says.
    pub(crate) fn owes(&self) -> bool {
        self.owes
    }

    /// The agent was cut off while it spoke.
    pub(crate) fn set_owing(&mut self) {
        self.owes = true;
    }

    /// Whether anything was said, or is owed.
    pub(crate) fn has_begun(&self) -> bool {
        !self.turns.is_empty() || self.owes
    }

    /// What a session that begins in the middle of the call has to be told of it.
    pub(crate) fn told(&self) -> Option<Private<String>> {
        if !self.has_begun() {
            return None;
        }
        let mut told = INTRODUCTION.to_owned();
        for turn in &self.turns {
            let speaker = match turn.speaker {
                Speaker::Caller => "Caller",
                Speaker::Agent => "You",
            };
            told.push_str(&format!("\n{speaker}: {}", turn.text.reveal().trim()));
        }
        Some(told.into())
    }

    fn said(&mut self, speaker: Speaker, text: &Private<String>, owes: bool) {
        self.owes = owes;
        let text = text.clone();
        self.push(Turn { speaker, text });
    }

    fn push(&mut self, turn: Turn) {
        self.bytes += turn.text.reveal().len();
        self.turns.push_back(turn);
        while self.turns.len() > TURNS || self.bytes > BYTES {
            let Some(oldest) = self.turns.pop_front() else {
                return;
            };
            self.bytes -= oldest.text.reveal().len();
        }
    }
}
