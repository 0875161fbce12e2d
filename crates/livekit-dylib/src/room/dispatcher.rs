//! Broadcasts room events to all receivers.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::RoomEvent;

/// Sends each event to all receivers that have not been dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dispatcher {
    receivers: Arc<Mutex<Vec<mpsc::UnboundedSender<RoomEvent>>>>,
}

impl Dispatcher {
    /// Adds a receiver for all subsequent events.
    #[expect(
        clippy::disallowed_methods,
        reason = "the official API returns this type; the queue that feeds it reports its length"
    )]
    pub(super) fn register(&self) -> mpsc::UnboundedReceiver<RoomEvent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.receivers.lock().push(sender);
        receiver
    }

    pub(crate) fn dispatch(&self, event: &RoomEvent) {
        self.receivers
            .lock()
            .retain(|receiver| receiver.send(event.clone()).is_ok());
    }

    /// Closes all receivers, after the last event.
    pub(super) fn close(&self) {
        self.receivers.lock().clear();
    }
}
