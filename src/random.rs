//! Makes up names that nobody else has.

use std::hash::{BuildHasher, RandomState};

/// A random number.
pub fn number() -> u64 {
    // Each state is keyed from the operating system's randomness.
    RandomState::new().hash_one(())
}

/// `prefix` and twelve random hexadecimal digits.
pub fn random(prefix: &str) -> String {
    format!("{prefix}-{}", digits())
}

/// The same in the way of LiveKit, such as `SG_0123456789ab`.
pub fn livekit(prefix: &str) -> String {
    format!("{prefix}_{}", digits())
}

fn digits() -> String {
    format!("{:012x}", number() >> 16)
}
