//! Queue of room events that a worker has observed and the search for waiting rooms has yet to
//! handle.

use std::collections::VecDeque;

use parlor_core::waiting_rooms::Event;

/// Capacity of the queue; the oldest event is dropped when it is full. The periodic list of all
/// rooms makes up for dropped events.
const NEWS: usize = 256;

/// Events of rooms, oldest first.
#[derive(Debug, Default)]
pub(super) struct RoomEvents(VecDeque<Event>);

impl RoomEvents {
    /// Adds `event`. Returns whether the oldest event had to be dropped.
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
