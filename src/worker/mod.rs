//! The daemon: registers with LiveKit, takes calls, gives them to cells. What it decides is in
//! `parlor_core::dispatch`.

mod cells;
mod counter;
mod edges;
mod load;
mod process;
mod socket;
mod stderr;
mod waiting_rooms;

use parlor_core::dispatch::{Action, Dispatch, Event};
use tokio::sync::mpsc;

use crate::clock::{at, now};

pub use cells::{CellError, Cells};
pub use edges::{Server, WorkerEdges};
pub use load::MachineLoad;
pub use process::CellCommand;
pub use socket::{Link, Outbox, Stalled, drive};
pub use waiting_rooms::{WaitingRooms, is_livekit_cloud};

/// Performs actions; must not wait on a peer.
pub trait Edges {
    /// Starts `action` and returns at once.
    fn perform(&mut self, action: Action);

    /// The next thing that happens at an edge. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Event> + Send;
}

/// Runs the worker to its end; gives how many calls did not end by themselves.
pub async fn run(
    mut dispatch: Dispatch,
    edges: &mut impl Edges,
    mut control: mpsc::Receiver<Event>,
) -> usize {
    loop {
        while let Some(action) = dispatch.poll_action() {
            match action {
                Action::Finish { cut } => return cut,
                action => edges.perform(action),
            }
        }
        // A due deadline is read off the clock, so no busy input can hold it back.
        let deadline = dispatch.poll_timeout();
        if deadline.is_some_and(|at| at <= now()) {
            dispatch.handle_timeout(now());
            continue;
        }
        let event = tokio::select! {
            biased;
            event = control.recv() => event.unwrap_or(Event::Drain),
            event = edges.next() => event,
            () = at(deadline) => continue,
        };
        dispatch.handle(now(), event);
    }
}
