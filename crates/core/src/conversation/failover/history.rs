//! The last turns of a call, for a voice session that continues where another one ended.

use std::collections::VecDeque;

use super::checkpoint::{Speaker, Turn};
use crate::conversation::{Action, AgentState, Fact};
use crate::secret::Private;

/// Maximum turns that are kept, enough to know what the call is about.
pub(crate) const TURNS: usize = 32;

/// Maximum bytes of text that are kept; the oldest turns are dropped first.
pub(crate) const BYTES: usize = 8 << 10;

/// Introduces the history to a new session.
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
    /// Continues a history of another process.
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

    /// Records what an action adds to the history. Returns whether it added anything.
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

    /// The last turns, the oldest first.
    pub(crate) fn turns(&self) -> Vec<Turn> {
        self.turns.iter().cloned().collect()
    }

    /// Whether the caller is waiting for the agent, or heard only the beginning of its reply.
    pub(crate) fn owes(&self) -> bool {
        self.owes
    }

    /// The agent was cut off while it was speaking.
    pub(crate) fn set_owing(&mut self) {
        self.owes = true;
    }

    /// Whether anything was said or a reply is owed.
    pub(crate) fn has_begun(&self) -> bool {
        !self.turns.is_empty() || self.owes
    }

    /// History for the prompt of a session that is opened in the middle of the call.
    pub(crate) fn for_prompt(&self) -> Option<Private<String>> {
        if !self.has_begun() {
            return None;
        }
        let mut text = INTRODUCTION.to_owned();
        for turn in &self.turns {
            let speaker = match turn.speaker {
                Speaker::Caller => "Caller",
                Speaker::Agent => "You",
            };
            text.push_str(&format!("\n{speaker}: {}", turn.text.reveal().trim()));
        }
        Some(text.into())
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
