//! End-to-end encryption: who has no key hears nothing, the server included.

pub mod key_provider;
pub mod manager;

use std::fmt;

pub use livekit_common::EncryptionType;
pub use manager::E2eeManager;

use key_provider::KeyProvider;

/// How a room is encrypted.
#[derive(Clone)]
pub struct E2eeOptions {
    /// The cipher.
    pub encryption_type: EncryptionType,
    /// Where the keys come from.
    pub key_provider: KeyProvider,
}

impl fmt::Debug for E2eeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("E2eeOptions")
            .field("encryption_type", &self.encryption_type)
            .finish_non_exhaustive()
    }
}
