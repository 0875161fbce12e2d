//! Room events, to every receiver.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::RoomEvent;

/// Sends each event to all receivers that are still there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dispatcher {
    receivers: Arc<Mutex<Vec<mpsc::UnboundedSender<RoomEvent>>>>,
}

impl Dispatcher {
    /// A receiver of the events from now on.
    #[expect(
        clippy::disallowed_methods,
        reason = "the type is the official API's; what feeds it reports its depth"
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

    /// Ends every receiver: nothing follows.
    pub(super) fn close(&self) {
        self.receivers.lock().clear();
    }
}
