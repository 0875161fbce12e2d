//! Text messages to the agent, which are answered as if they had been spoken.

use crate::conversation::{Answer, Conversation, Fact, Limit};
use crate::ids::Identity;
use crate::secret::Private;

impl Conversation {
    /// Handles a text message from the room. Only callers whom the agent hears are answered.
    pub(crate) fn written(&mut self, from: &Identity, text: Private<String>) {
        let is_linked = self.callers.linked() == Some(from);
        if is_linked || self.speakers.hears_all() && self.callers.find(from).is_some() {
            self.typed(text);
        }
    }

    /// Handles text from the caller, or from somebody who may write on the caller's behalf: the
    /// agent stops speaking and answers it.
    pub(crate) fn typed(&mut self, text: Private<String>) {
        let is_empty = text.reveal().trim().is_empty();
        if is_empty || self.hang_up.is_some() || !self.is_live() {
            return;
        }
        self.turn.cut_short(&mut self.cx);
        if self.chat == Answer::Written || self.audibility.is_unheard() {
            self.turn.answer_in_writing();
        }
        self.requests.answer(&text);
        self.took_turn(text.reveal());
        self.cx.observe(Fact::UserWrote { text });
    }

    /// Records the end of a caller's turn that contained `words`.
    pub(crate) fn took_turn(&mut self, words: &str) {
        self.session_sync.caller_said();
        self.hear_cue(words);
        if self.usage_meter.turn() {
            self.limit_reached(Limit::Turns);
        }
    }
}
