//! Features of the engine that browsers do not provide.

/// End-to-end encryption of media frames.
pub mod frame_cryptor {
    use std::fmt;
    use std::sync::{Arc, Weak};

    use parking_lot::Mutex;

    use crate::engine::{self, CryptorInfo};

    /// Derivation of encryption keys from the configured key material.
    #[derive(Debug, Copy, Clone)]
    #[non_exhaustive]
    pub enum KeyDerivationAlgorithm {
        /// PBKDF2, for passphrases.
        PBKDF2,
        /// HKDF, for random key material.
        HKDF,
    }

    /// State of the encryption of a track.
    #[derive(Debug, Copy, Clone, PartialEq, Eq)]
    pub enum EncryptionState {
        /// No frame has been processed yet.
        New,
        /// Frames are encrypted or decrypted successfully.
        Ok,
        /// A frame could not be encrypted.
        EncryptionFailed,
        /// A frame could not be decrypted.
        DecryptionFailed,
        /// No key is set.
        MissingKey,
        /// The key was ratcheted.
        KeyRatcheted,
        /// Another failure occurred.
        InternalError,
    }

    /// Encrypts or decrypts the frames of one track. Setters have no effect once the room or the
    /// track has ended.
    #[derive(Clone)]
    pub struct FrameCryptor {
        room: Weak<engine::Session>,
        info: Arc<Mutex<CryptorInfo>>,
    }

    impl FrameCryptor {
        pub(crate) fn new(room: Weak<engine::Session>, info: CryptorInfo) -> Self {
            Self {
                room,
                info: Arc::new(Mutex::new(info)),
            }
        }

        /// Enables or disables the encryption of the track. When disabled, frames pass unchanged.
        pub fn set_enabled(&self, enabled: bool) {
            self.change(
                |info| info.enabled = enabled,
                engine::Session::set_cryptor_enabled,
            );
        }

        /// Whether encryption was enabled when this value was created, or as last set through it.
        pub fn enabled(&self) -> bool {
            self.info.lock().enabled
        }

        /// Selects another key of the key ring.
        pub fn set_key_index(&self, index: i32) {
            self.change(
                |info| info.key_index = index,
                engine::Session::set_cryptor_key_index,
            );
        }

        /// Index of the key that was active when this value was created, or as last set through it.
        pub fn key_index(&self) -> i32 {
            self.info.lock().key_index
        }

        /// Identity of the track's publisher.
        pub fn participant_id(&self) -> String {
            self.info.lock().identity.to_string()
        }

        fn change(
            &self,
            change: impl FnOnce(&mut CryptorInfo),
            request: impl FnOnce(&engine::Session, &CryptorInfo) -> Result<(), engine::Error>,
        ) {
            let mut info = self.info.lock();
            change(&mut info);
            if let Some(room) = self.room.upgrade()
                && let Err(error) = request(&room, &info)
            {
                tracing::debug!(target: "livekit", %error, "failed to change the encryption of a track");
            }
        }
    }

    impl fmt::Debug for FrameCryptor {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.info.lock().fmt(f)
        }
    }
}
