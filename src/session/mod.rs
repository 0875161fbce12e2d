//! Runs one call: feeds events to the conversation state machine and carries out its actions. All
//! rules of a conversation are in `parlor_core::conversation`.

mod call;
mod call_context;
mod counters;
mod edges;
mod monitoring;
mod observer;
mod remove_callers;

use parlor_common::clock::{at, now};
use parlor_core::conversation::{
    Action, Conversation, Event, Outcome, RoomEnd, RoomEvent, Settings,
};
use parlor_livekit::room::Microphone;
use parlor_voice_agent::Inbox;
use tokio::sync::mpsc;

pub use call::{Call, LEAVES_WITHIN, Stages};
pub use counters::{Counts, Tally};
pub use edges::CallEdges;
pub use observer::{Observer, Watch};

/// Event of a closed room channel, so that the driver does not wait forever.
const GONE: RoomEvent = RoomEvent::Ended(RoomEnd::ConnectionLost);

/// Carries out actions; must not wait for a peer.
pub trait Edges {
    /// Starts `action` and returns immediately.
    fn perform(&mut self, action: Action);

    /// Returns an event caused by performed actions, for instance a failure.
    fn take_pending_event(&mut self) -> Option<Event>;

    /// Waits for the next event, for instance a tool result or a changed agent. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Event> + Send;
}

/// Sources of events, in order of priority.
#[derive(Debug)]
pub struct Inputs<M> {
    /// Control events from the owner of the call, such as a shutdown.
    pub control: mpsc::Receiver<Event>,
    /// Events from the connection to the Voice Agent API.
    pub agent: Inbox,
    /// Events from the room.
    pub room: mpsc::Receiver<Event>,
    /// Events from the playout queue.
    pub playout: mpsc::Receiver<Event>,
    /// Audio from the callers.
    pub mic: M,
}

/// Runs the call to its end and returns why it ended.
pub async fn run<M: Microphone>(
    settings: Settings,
    edges: &mut impl Edges,
    mut inputs: Inputs<M>,
) -> Outcome {
    let mut call = Conversation::new(now(), settings);
    loop {
        while let Some(action) = call.poll_action() {
            match action {
                Action::Finish(outcome) => return outcome,
                action => edges.perform(action),
            }
        }
        if let Some(event) = edges.take_pending_event() {
            call.handle(now(), event);
            continue;
        }
        // Checked before the select, so that a busy input cannot delay a due deadline.
        let deadline = call.poll_timeout();
        if deadline.is_some_and(|at| at <= now()) {
            call.handle_timeout(now());
            continue;
        }
        let event = tokio::select! {
            biased;
            event = inputs.control.recv() => event.unwrap_or(Event::Shutdown),
            event = inputs.agent.next() => event,
            event = inputs.room.recv() => event.unwrap_or(Event::Room(GONE)),
            Some(event) = inputs.playout.recv() => event,
            event = edges.next() => event,
            event = inputs.mic.next() => event,
            () = at(deadline) => continue,
        };
        call.handle(now(), event);
    }
}
