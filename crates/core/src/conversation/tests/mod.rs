//! Scenarios of a call, with a simulated clock.

mod audibility;
mod background;
mod barge_in;
mod caller_rights;
mod callers;
mod captions;
mod checkpoint;
mod drain;
mod hang_up;
mod harness;
mod names;
mod phases;
mod random;
mod recovery;
mod session_rotation;
mod tools;
mod tools_random;
mod turn;
mod voice_session;
mod word_timing;

pub(crate) use harness::epoch;
