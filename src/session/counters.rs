//! Event counters of calls.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Event counts of calls.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl Counts {
            /// Iterates over the names and values of all counts.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }
    };
}

counts! {
    /// Caller turns, spoken or typed.
    turns,
    /// Replies that callers interrupted.
    interruptions,
    /// Microphone frames of 10 ms that arrived while no voice session was ready.
    mic_frames_unheard,
    /// Audio frames of interrupted replies, which were dropped.
    stale_frames,
    /// Audio chunks of 50 ms dropped because the Voice Agent API read too slowly.
    unsent_chunks,
    /// Times that playout ran out of audio within a reply.
    gaps,
    /// Times the agent became inaudible, for instance because its track was unpublished or muted.
    unheard,
    /// Captions dropped because the room took them too slowly.
    captions_dropped,
    /// Messages to monitoring participants dropped because the room took them too slowly.
    posts_dropped,
    /// Lost voice sessions.
    sessions_lost,
    /// Lost voice sessions that were resumed.
    sessions_resumed,
    /// Lost voice sessions that were replaced by a new one.
    sessions_replaced,
    /// Voice sessions replaced before they reached their maximum duration.
    sessions_rotated,
    /// Failed attempts to open the first voice session that were retried.
    sessions_not_opened,
    /// Voices that the Voice Agent API rejected.
    voices_refused,
    /// Tool calls.
    tool_calls,
    /// Failed tool calls.
    tool_errors,
    /// Tool calls that were dropped without a result.
    tool_calls_dropped,
    /// Errors that the Voice Agent API reported.
    agent_errors,
}

/// Counts of all calls of a process since the last [`take`](Self::take).
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

impl Tally {
    /// Adds `by` to one count.
    pub fn add(&self, which: fn(&mut Counts) -> &mut u64, by: u64) {
        *which(&mut self.0.lock()) += by;
    }

    /// Takes the counts and resets them to zero.
    pub fn take(&self) -> Counts {
        std::mem::take(&mut self.0.lock())
    }
}
