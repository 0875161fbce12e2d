//! What a worker's edges tell of rooms, until it is looked into.

use std::collections::VecDeque;

use parlor_core::waiting_rooms::Event;

/// News that wait at once; the oldest go when there are more. A list of all rooms finds what was
/// lost.
const NEWS: usize = 256;

/// News of rooms, the oldest first.
#[derive(Debug, Default)]
pub(super) struct RoomEvents(VecDeque<Event>);

impl RoomEvents {
    /// Keeps `event`; whether another one had to go.
    pub(super) fn push(&mut self, event: Event) -> bool {
        let is_full = self.0.len() >= NEWS;
        if is_full {
            self.0.pop_front();
        }
        self.0.push_back(event);
        is_full
    }

    pub(super) fn take(&mut self) -> VecDeque<Event> {
        std::mem::take(&mut self.0)
    }
}
