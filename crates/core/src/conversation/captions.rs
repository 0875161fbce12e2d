//! Live captions of callers and the agent.

use crate::ids::{Identity, ItemId};
use crate::secret::Private;

use super::Utterance;

/// Change of the transcript that is published to the room.
#[derive(Debug, PartialEq, Eq)]
pub enum Caption {
    /// Partial or final text of a caller's turn.
    Caller {
        /// Identity of the caller.
        caller: Identity,
        /// Number of the turn, counted from 1 in the call.
        turn: u32,
        /// Text of the whole turn; replaces earlier text of the turn.
        text: Private<String>,
        /// Whether the text is final.
        is_final: bool,
    },
    /// More words of a reply, as they are heard.
    Agent {
        /// First utterance of the reply.
        utterance: Utterance,
        /// Text to append to what was published of the reply.
        more: Private<String>,
    },
    /// The end of a reply: no more of it will be heard.
    AgentDone {
        /// First utterance of the reply.
        utterance: Utterance,
        /// All text that was heard: normally what was published so far, possibly followed by more.
        text: Private<String>,
        /// Whether the caller interrupted the reply.
        interrupted: bool,
    },
}

/// Tracks the captions of the caller's turns. Each turn is closed before the next one starts.
#[derive(Debug, Default)]
pub(super) struct CallerCaptions {
    turn: u32,
    item: Option<ItemId>,
    open: Option<(Identity, Private<String>)>,
}

impl CallerCaptions {
    /// Handles the transcript `text` of `caller` for turn `item`. Returns the captions to publish.
    pub(super) fn said(
        &mut self,
        caller: &Identity,
        item: Option<ItemId>,
        text: &Private<String>,
        is_final: bool,
    ) -> impl Iterator<Item = Caption> + use<> {
        let is_named = item.is_some() && self.item.is_some();
        let is_other = is_named && item != self.item;
        let is_late = self.open.is_none() && is_named && !is_other;
        let before = is_other.then(|| self.close()).flatten();
        if self.open.is_none() && !is_late {
            self.turn += 1;
            self.item = None;
        }
        self.item = item.or_else(|| self.item.take());
        self.open = (!is_final && !is_late).then(|| (caller.clone(), text.clone()));
        let caption = Caption::Caller {
            caller: caller.clone(),
            turn: self.turn,
            text: text.clone(),
            is_final,
        };
        // After the final text of a turn, only another final text is published.
        let caption = (!is_late || is_final).then_some(caption);
        before.into_iter().chain(caption)
    }

    /// Caller whose turn is open.
    pub(super) fn speaker(&self) -> Option<&Identity> {
        self.open.as_ref().map(|(caller, _)| caller)
    }

    /// Closes the open turn with the text published so far.
    pub(super) fn close(&mut self) -> Option<Caption> {
        let (caller, text) = self.open.take()?;
        Some(Caption::Caller {
            caller,
            turn: self.turn,
            text,
            is_final: true,
        })
    }
}
