//! End-to-end encryption: only participants with the key can decode media; the server cannot.

pub mod key_provider;

use std::fmt;

pub use livekit_common::EncryptionType;

use key_provider::KeyProvider;

/// Options for end-to-end encryption.
#[derive(Clone)]
pub struct E2eeOptions {
    /// Encryption type.
    pub encryption_type: EncryptionType,
    /// Provider of the encryption key.
    pub key_provider: KeyProvider,
}

impl fmt::Debug for E2eeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("E2eeOptions")
            .field("encryption_type", &self.encryption_type)
            .finish_non_exhaustive()
    }
}
