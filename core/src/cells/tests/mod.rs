//! Scenarios of cells and their calls, with the clock in the test's hand.

mod death;
mod harness;
mod random;
mod spread;
