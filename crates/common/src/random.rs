//! Random numbers and unique names.

use std::hash::{BuildHasher, RandomState};

/// Returns a random number.
pub fn number() -> u64 {
    // `RandomState` takes its keys from the randomness of the operating system.
    RandomState::new().hash_one(())
}

/// Returns `prefix`, a hyphen and twelve random hexadecimal digits.
pub fn random(prefix: &str) -> String {
    format!("{prefix}-{}", digits())
}

/// Returns a name in LiveKit's format: `prefix`, an underscore and twelve random hexadecimal
/// digits, such as `SG_0123456789ab`.
pub fn livekit(prefix: &str) -> String {
    format!("{prefix}_{}", digits())
}

fn digits() -> String {
    format!("{:012x}", number() >> 16)
}
