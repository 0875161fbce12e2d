//! What is given to playout and what of it is heard: replies, their words, background sounds.

pub(crate) mod audibility;
pub(crate) mod background;
pub(crate) mod cancelled_replies;
pub(crate) mod playlist;
pub(crate) mod reply;
pub(crate) mod reply_log;
pub(crate) mod word_timing;
