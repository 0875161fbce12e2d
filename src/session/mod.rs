//! Runs one conversation against its edges. No rule of a call is here: those are in
//! `parlor_core::conversation`.

mod call;
mod call_context;
mod counters;
mod edges;
mod monitoring;
mod observer;
mod remove_callers;

use parlor_core::conversation::{
    Action, Conversation, Event, Outcome, RoomEnd, RoomEvent, Settings,
};
use tokio::sync::mpsc;

use crate::clock::{at, now};
use crate::voice_agent::Inbox;

pub use call::{Call, LEAVES_WITHIN, Stages};
pub use call_context::JobData;
pub use counters::{Counts, Tally};
pub use edges::CallEdges;
pub use observer::{Observer, Watch};

/// A closed channel is an event, not a branch that waits for ever.
const GONE: RoomEvent = RoomEvent::Ended(RoomEnd::ConnectionLost);

/// Performs actions; must not wait on a peer.
pub trait Edges {
    /// Starts `action` and returns at once.
    fn perform(&mut self, action: Action);

    /// What an edge has to say to what it performed: what went wrong, or what it was asked for.
    fn trouble(&mut self) -> Option<Event>;

    /// What an edge has to say later: what a tool gave, or how the agent has changed. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Event> + Send;
}

/// The caller's voice. It never pauses and is the only input that may lose something.
pub trait Microphone {
    /// The next 10 ms, as [`Event::Mic`], or who speaks from there on; waits for ever while nobody
    /// is listened to. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Event> + Send;
}

/// Where events come from, in the order in which they are looked at.
#[derive(Debug)]
pub struct Inputs<M> {
    /// From whoever owns the call: shutdown, termination.
    pub control: mpsc::Receiver<Event>,
    /// From the agent's WebSocket.
    pub agent: Inbox,
    /// From the room.
    pub room: mpsc::Receiver<Event>,
    /// From the playout queue.
    pub playout: mpsc::Receiver<Event>,
    /// From the caller.
    pub mic: M,
}

/// Runs the call to its end.
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
        if let Some(event) = edges.trouble() {
            call.handle(now(), event);
            continue;
        }
        // A due deadline is read off the clock, so no busy input can hold it back.
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
