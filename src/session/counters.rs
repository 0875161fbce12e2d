//! What is counted in calls, for whoever adds it up.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What was counted in calls.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl Counts {
            /// Each count and its name.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }
    };
}

counts! {
    /// Turns of callers.
    turns,
    /// Replies that callers cut short.
    interruptions,
    /// Frames of the microphone that came while no session was ready, 10 ms each.
    mic_frames_unheard,
    /// Frames of replies that were interrupted.
    stale_frames,
    /// Chunks of 50 ms that the Voice Agent API took too slowly.
    unsent_chunks,
    /// Gaps in the agent's voice: playout ran dry inside a reply.
    gaps,
    /// Times from which on nobody could hear the agent: its track was taken or muted.
    unheard,
    /// Captions that the room took too slowly.
    captions_dropped,
    /// Messages to those who watch the call that the room took too slowly.
    posts_dropped,
    /// Voice sessions that were lost.
    sessions_lost,
    /// Voice sessions that came back by being resumed.
    sessions_resumed,
    /// Voice sessions that began in place of a lost one.
    sessions_replaced,
    /// Voice sessions that gave way to another one before their longest time.
    sessions_rotated,
    /// First voice sessions that could not be opened, and were tried again.
    sessions_not_opened,
    /// Voices that the Voice Agent API refused.
    voices_refused,
    /// Calls of tools.
    tool_calls,
    /// Calls of tools that failed.
    tool_errors,
    /// Calls of tools that were not answered.
    tool_calls_dropped,
    /// Errors that the Voice Agent API reported.
    agent_errors,
}

/// What all calls of a process have counted since somebody took it.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

impl Tally {
    /// Adds `by` to one count.
    pub fn add(&self, which: fn(&mut Counts) -> &mut u64, by: u64) {
        *which(&mut self.0.lock()) += by;
    }

    /// What was counted since the last time.
    pub fn take(&self) -> Counts {
        std::mem::take(&mut self.0.lock())
    }
}
