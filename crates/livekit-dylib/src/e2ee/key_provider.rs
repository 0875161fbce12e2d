//! The encryption key of a room.

use std::fmt;

/// Options for deriving and storing the key; start from `KeyProviderOptions::default()`.
#[derive(Clone)]
pub struct KeyProviderOptions {
    /// Number of ratchet steps that a receiver tries ahead to find the sender's key.
    pub(crate) ratchet_window_size: i32,
    /// Salt for the key derivation.
    pub(crate) ratchet_salt: Vec<u8>,
    /// Number of frames that may fail to decrypt before a key is considered invalid; -1 means no
    /// limit.
    pub(crate) failure_tolerance: i32,
    /// Size of the key ring.
    pub(crate) key_ring_size: i32,
}

impl Default for KeyProviderOptions {
    fn default() -> Self {
        Self {
            ratchet_window_size: 16,
            ratchet_salt: b"LKFrameEncryptionKey".to_vec(),
            failure_tolerance: -1,
            key_ring_size: 16,
        }
    }
}

/// Provides the key that all participants of a room share.
#[derive(Clone)]
pub struct KeyProvider {
    pub(crate) options: KeyProviderOptions,
    pub(crate) shared_key: Vec<u8>,
}

impl KeyProvider {
    /// Creates a provider with a shared key at index 0.
    pub fn with_shared_key(options: KeyProviderOptions, shared_key: Vec<u8>) -> Self {
        Self {
            options,
            shared_key,
        }
    }
}

impl fmt::Debug for KeyProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyProvider").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_printed() {
        let provider = KeyProvider::with_shared_key(KeyProviderOptions::default(), vec![211; 16]);
        assert!(!format!("{provider:?}").contains("211"));
    }
}
