//! The decisions of a call and of a worker, as state machines without I/O.
//!
//! Nothing in this crate reads a clock, a socket, a file or the environment: time is an argument,
//! inputs arrive as an [`Event`](conversation::Event), and outputs leave as an
//! [`Action`](conversation::Action).
//!
//! ```text
//!   control ─┐                                    ┌─▶ agent socket
//!   agent  ──┤  Event   ┌──────────────┐  Action  ├─▶ room
//!   room   ──┼────────▶ │ Conversation │ ───────▶ ├─▶ playout
//!   playout ─┤          └──────────────┘          └─▶ log, reports
//!   mic    ──┘
//! ```
//!
//! Every driver runs the same loop: `handle` one event, `poll_action` until `None`, then wait for
//! the next event or for `poll_timeout`.

pub mod audio;
pub mod backoff;
pub mod cells;
mod context;
pub mod conversation;
pub mod dispatch;
pub mod ids;
#[cfg(test)]
mod rng;
pub mod secret;
pub mod timers;
pub mod waiting_rooms;
pub mod wire;
