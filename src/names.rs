//! Makes up names that nobody else has.

use std::hash::{BuildHasher, RandomState};

/// `prefix` and twelve random hexadecimal digits.
pub fn random(prefix: &str) -> String {
    // Each state is keyed from the operating system's randomness.
    let number = RandomState::new().hash_one(prefix) >> 16;
    format!("{prefix}-{number:012x}")
}
