//! What is heard besides the agent's voice, and when.
//!
//! | while | heard |
//! |---|---|
//! | the caller or the agent speaks, or everybody waits for the caller | ambience |
//! | an answer is awaited, or a tool works | ambience and the sound of thinking |
//! | a tool works that keeps the agent silent | ambience and the sound of holding |
//! | nobody is linked, or the call ends | nothing |

use crate::conversation::{Action, AgentState, Conversation};

/// Which sounds there are besides the agent's voice; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sounds {
    /// One that goes on all the time.
    pub ambience: bool,
    /// One of an agent that thinks.
    pub thinking: bool,
    /// One for a caller who is put on hold; without it that is thinking, too.
    pub hold: bool,
}

/// What is heard besides the agent's voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Background {
    /// Nothing.
    #[default]
    Silence,
    /// The ambience.
    Ambience,
    /// The ambience, and an agent that thinks.
    Thinking,
    /// The ambience, and what callers on hold hear.
    Hold,
}

impl Conversation {
    /// Says what is to be heard now, if that has changed.
    pub(crate) fn set_background(&mut self) {
        let now = self.background_now();
        if std::mem::replace(&mut self.background, now) != now {
            self.cx.act(Action::Background(now));
        }
    }

    fn background_now(&self) -> Background {
        let Sounds {
            ambience,
            thinking,
            hold,
        } = self.sounds;
        let is_thinking =
            self.turn.state() == AgentState::Thinking && !self.turn.does_caller_speak();
        if !self.is_live() || !self.callers.is_linked() {
            Background::Silence
        } else if is_thinking && hold && self.tools.holds() {
            Background::Hold
        } else if is_thinking && thinking {
            Background::Thinking
        } else if ambience {
            Background::Ambience
        } else {
            Background::Silence
        }
    }
}
