//! Playout: replies, their words, and background audio, with what of them has been heard.

pub(crate) mod audibility;
pub(crate) mod background;
pub(crate) mod cancelled_replies;
pub(crate) mod playlist;
pub(crate) mod reply;
pub(crate) mod reply_log;
pub(crate) mod word_timing;
