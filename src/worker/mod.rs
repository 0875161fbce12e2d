//! The worker: registers with LiveKit, accepts jobs, and runs their calls in cells. The state
//! machine that decides is `parlor_core::dispatch`.

mod cell_stderr;
mod cells;
mod cpu_counter;
mod edges;
mod machine_load;
mod process;
mod socket;
mod waiting_rooms;

use std::time::Duration;

use parlor_common::clock::{at, now};
use parlor_core::dispatch::{Action, CALLS_END_WITHIN, Dispatch, Event};
use parlor_report::DELIVERS_WITHIN;
use tokio::sync::mpsc;

pub use cells::{CellError, Cells};
pub use edges::{Server, WorkerEdges};
pub use machine_load::MachineLoad;
pub use process::CellCommand;
pub use socket::{Link, Outbox, Stalled, drive};
pub use waiting_rooms::{WaitingRooms, is_livekit_cloud};

/// Maximum time from the end of the drain timeout to the exit of the process: running calls say
/// goodbye and end, their reports and recordings are written, and pending reports are delivered to
/// the webhook as far as possible.
pub const LAST_WITHIN: Duration = Duration::from_secs(35);

const _: () = {
    let cells = CALLS_END_WITHIN.saturating_add(cells::END_WITHIN);
    let all = cells.saturating_add(DELIVERS_WITHIN);
    assert!(all.as_millis() <= LAST_WITHIN.as_millis());
};

/// How a worker stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Number of calls that the worker had to stop.
    pub cut: usize,
    /// A second signal arrived, so the process must exit without waiting.
    pub is_immediate: bool,
    /// Why the server refused the API key, if the worker stopped for that reason.
    pub refused: Option<String>,
}

/// Carries out actions; must not wait for a peer.
pub trait Edges {
    /// Starts `action` and returns immediately.
    fn perform(&mut self, action: Action);

    /// Waits for the next event. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Event> + Send;
}

/// Runs the worker until it has drained and all calls are over, or until the server has refused its
/// API key for good.
pub async fn run(
    mut dispatch: Dispatch,
    edges: &mut impl Edges,
    mut control: mpsc::Receiver<Event>,
) -> Ended {
    loop {
        while let Some(action) = dispatch.poll_action() {
            match action {
                Action::Finish { cut } => {
                    return Ended {
                        cut,
                        is_immediate: dispatch.is_immediate(),
                        refused: dispatch.refusal_of_key().map(str::to_owned),
                    };
                }
                action => edges.perform(action),
            }
        }
        // Checked before the select, so that a busy input cannot delay a due deadline.
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
