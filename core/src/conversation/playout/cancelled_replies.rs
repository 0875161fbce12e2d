//! Names of replies that must not be heard any more.

use std::collections::VecDeque;

use crate::ids::ReplyId;

/// Names that are remembered; many more than are ever under way. The oldest is forgotten.
const PAST: usize = 32;

/// Names of replies whose audio comes too late.
#[derive(Debug, Default)]
pub(crate) struct CancelledReplies(VecDeque<ReplyId>);

impl CancelledReplies {
    pub(crate) fn bury(&mut self, id: ReplyId) {
        self.0.retain(|cancelled| *cancelled != id);
        if self.0.len() == PAST {
            self.0.pop_front();
        }
        self.0.push_back(id);
    }

    pub(crate) fn contains(&self, id: &ReplyId) -> bool {
        self.0.contains(id)
    }
}
