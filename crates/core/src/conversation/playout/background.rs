//! Background audio: what is played besides the agent's voice, and when.
//!
//! | while | plays |
//! |---|---|
//! | the caller or the agent is speaking, or the agent is waiting for the caller | ambience |
//! | a reply is awaited, or a tool is running | ambience and thinking sound |
//! | a tool that keeps the agent silent is running | ambience and hold sound |
//! | there is no linked caller, or the call is ending | nothing |

use crate::conversation::{Action, AgentState, Conversation};

/// Background sounds that are available; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sounds {
    /// Ambience, which plays all the time.
    pub ambience: bool,
    /// Sound while the agent is thinking.
    pub thinking: bool,
    /// Sound for a caller on hold. Without it the thinking sound is played.
    pub hold: bool,
}

/// Background audio to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Background {
    /// Nothing.
    #[default]
    Silence,
    /// The ambience.
    Ambience,
    /// The ambience and the thinking sound.
    Thinking,
    /// The ambience and the hold sound.
    Hold,
}

impl Conversation {
    /// Emits the background audio for the current state if it changed.
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
