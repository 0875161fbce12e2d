//! Scenarios of a call, with the clock in the test's hand.

mod background;
mod barge_in;
mod caller_rights;
mod callers;
mod captions;
mod checkpoint;
mod drained;
mod harness;
mod heard;
mod leaving;
mod link;
mod names;
mod phases;
mod random;
mod recovery;
mod rotation;
mod tool;
mod tools_random;
mod turn;
mod unheard;

pub(crate) use harness::epoch;
