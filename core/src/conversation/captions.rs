//! What the room is shown of what is said, while it is said.

use crate::ids::{Identity, ItemId};
use crate::secret::Private;

use super::Utterance;

/// A change of the transcript that the room is shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Caption {
    /// What a caller said in one turn, so far or at last.
    Caller {
        /// Who.
        caller: Identity,
        /// The turn, counted from 1 in the call.
        turn: u32,
        /// All of it; replaces what was shown of the turn.
        text: Private<String>,
        /// Whether it stays so.
        is_final: bool,
    },
    /// More of what the agent says, as it is heard.
    Agent {
        /// The reply.
        utterance: Utterance,
        /// What follows on what was shown of it.
        more: Private<String>,
    },
    /// Nothing more is heard of a reply.
    AgentDone {
        /// The reply.
        utterance: Utterance,
        /// All of it that was heard: normally what was shown and perhaps more.
        text: Private<String>,
        /// Whether the caller cut it short.
        interrupted: bool,
    },
}

/// The caller's turns as they are shown: each is closed before the next one.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turn: u32,
    item: Option<ItemId>,
    open: Option<(Identity, Private<String>)>,
}

impl Turns {
    /// `caller` said `text` in the turn `item`; what is to be shown for it.
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
        // What comes of a turn after its final text is news only when it is final again.
        let caption = (!is_late || is_final).then_some(caption);
        before.into_iter().chain(caption)
    }

    /// Who says what is shown of the open turn.
    pub(super) fn speaker(&self) -> Option<&Identity> {
        self.open.as_ref().map(|(caller, _)| caller)
    }

    /// No more comes of the turn: it stays as it is.
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
