//! Makes up names that nobody else has.

use std::hash::{BuildHasher, RandomState};

/// A random number.
pub fn number() -> u64 {
    // Each state is keyed from the operating system's randomness.
    RandomState::new().hash_one(())
}

/// `prefix` and twelve random hexadecimal digits.
pub fn random(prefix: &str) -> String {
    let number = number() >> 16;
    format!("{prefix}-{number:012x}")
}
