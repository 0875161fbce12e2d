//! IDs of replies whose late audio is dropped.

use std::collections::VecDeque;

use crate::ids::ReplyId;

/// Maximum number of IDs, far more than can be in flight. The oldest is forgotten.
const PAST: usize = 32;

/// IDs of replies whose late audio is dropped.
#[derive(Debug, Default)]
pub(crate) struct CancelledReplies(VecDeque<ReplyId>);

impl CancelledReplies {
    pub(crate) fn insert(&mut self, id: ReplyId) {
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
