//! What the simulator does wrong when it is told to.

use std::time::Duration;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The first update is refused with this code, and the socket closed with 1008.
    Reject(String),
    /// The first update is never answered.
    NeverReady,
    /// Each `session.resume` is refused with `session_not_found`.
    NoResume,
    /// A text that is no JSON, after ready.
    MalformedJson,
    /// Audio that is no base64, after ready.
    BadBase64,
    /// A message of a type that nobody knows, after ready.
    UnknownEvent,
    /// A message of 2 MB, after ready.
    HugeMessage,
    /// Timestamps are text instead of numbers.
    IsoTimestamps,
    /// `reply.done` has no status when a reply was completed.
    MissingStatus,
    /// `reply.audio` has no reply id.
    MissingReplyId,
    /// Chunks of audio cut samples in two.
    OddChunks,
    /// `input.speech.started` while it speaks, without an interruption: somebody said "uh-huh".
    BackChannel,
    /// 50 ms of audio of a reply come after it was interrupted.
    LateAudio,
    /// The greeting is a minute long.
    BurstMinute,
    /// Nothing more is read or sent, pongs included, this long after ready; the first session only.
    SilentAfter(Duration),
    /// The connection is cut without a close frame, this long after ready; the first session only.
    DropAfter(Duration),
    /// The socket is closed with 1011 this long after ready, with a `session.error` or without; the
    /// first session only.
    FailAfter {
        /// How long.
        after: Duration,
        /// Whether an `internal_error` is sent before.
        told: bool,
    },
}

/// How a connection ends by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doom {
    Silent,
    Drop,
    Fail { told: bool },
}

impl Fault {
    /// When and how it ends the connection, counted from ready.
    pub(super) fn doom(&self) -> Option<(Duration, Doom)> {
        match *self {
            Self::SilentAfter(after) => Some((after, Doom::Silent)),
            Self::DropAfter(after) => Some((after, Doom::Drop)),
            Self::FailAfter { after, told } => Some((after, Doom::Fail { told })),
            _ => None,
        }
    }
}
