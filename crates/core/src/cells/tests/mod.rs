//! Scenarios of cells and their calls, with a simulated clock.

mod death;
mod harness;
mod random;
mod spread;
