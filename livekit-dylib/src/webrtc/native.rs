//! Parts of the engine that have no counterpart in a browser.

/// Encryption of media frames.
pub mod frame_cryptor {
    /// How the encryption of a participant's media goes.
    #[derive(Debug, Copy, Clone, PartialEq, Eq)]
    pub enum EncryptionState {
        /// Not yet known.
        New,
        /// Frames pass.
        Ok,
        /// A frame could not be encrypted.
        EncryptionFailed,
        /// A frame could not be decrypted.
        DecryptionFailed,
        /// There is no key.
        MissingKey,
        /// The key was moved on.
        KeyRatcheted,
        /// Anything else.
        InternalError,
    }
}
