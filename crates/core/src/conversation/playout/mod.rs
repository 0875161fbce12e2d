//! Playout: replies, their words, and background audio, with what of them has been heard.

pub(crate) mod audibility;
pub(crate) mod background;
pub(crate) mod cancelled_replies;
pub(crate) mod playlist;
pub(crate) mod reply;
pub(crate) mod reply_log;
pub(crate) mod word_timing;

/// Number of a contiguous segment of the agent's audio, counted from 1 in playout order. A segment
/// is a reply, or the rest of a reply after a flush. Facts refer to a reply by its first segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Utterance(pub u32);
