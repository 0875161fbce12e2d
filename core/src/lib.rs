//! What a call decides. Nothing here reads a clock, a socket, a file or the environment:
//! time is an argument, everything outside is an [`Event`](conversation::Event) in
//! and an [`Action`](conversation::Action) out.
//!
//! ```text
//!   control ─┐                                    ┌─▶ agent socket
//!   agent  ──┤  Event   ┌──────────────┐  Action  ├─▶ room
//!   room   ──┼────────▶ │ Conversation │ ───────▶ ├─▶ playout
//!   playout ─┤          └──────────────┘          └─▶ log, reports
//!   mic    ──┘
//! ```
//!
//! The driver's loop is always the same: `handle` one event, `poll_action` until `None`,
//! then wait for the next event or for `poll_timeout`.

pub mod audio;
pub mod backoff;
pub mod cells;
#[cfg(test)]
mod chance;
mod context;
pub mod conversation;
pub mod dispatch;
pub mod ids;
pub mod secret;
pub mod timers;
pub mod waiting_rooms;
pub mod wire;
