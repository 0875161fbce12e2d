//! Parts of the engine that have no counterpart in a browser.

/// Encryption of media frames.
pub mod frame_cryptor {
    use std::fmt;
    use std::sync::{Arc, Weak};

    use parking_lot::Mutex;

    use crate::engine::{self, CryptorInfo};

    /// How a key is derived from what was set.
    #[derive(Debug, Copy, Clone)]
    #[non_exhaustive]
    pub enum KeyDerivationAlgorithm {
        /// For pass phrases.
        PBKDF2,
        /// For keys that are random already.
        HKDF,
    }

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

    /// What encrypts or decrypts one track. It does nothing once the room or the track has ended.
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

        /// Lets frames pass as they are, or not.
        pub fn set_enabled(&self, enabled: bool) {
            self.change(
                |info| info.enabled = enabled,
                engine::Session::set_cryptor_enabled,
            );
        }

        /// Whether it encrypts, as far as was listed or set here.
        pub fn enabled(&self) -> bool {
            self.info.lock().enabled
        }

        /// Uses another key of the ring.
        pub fn set_key_index(&self, index: i32) {
            self.change(
                |info| info.key_index = index,
                engine::Session::set_cryptor_key_index,
            );
        }

        /// The key of the ring in use, as far as was listed or set here.
        pub fn key_index(&self) -> i32 {
            self.info.lock().key_index
        }

        /// Whose track it is.
        pub fn participant_id(&self) -> String {
            self.info.lock().identity.to_string()
        }

        fn change(
            &self,
            change: impl FnOnce(&mut CryptorInfo),
            tell: impl FnOnce(&engine::Session, &CryptorInfo) -> Result<(), engine::Error>,
        ) {
            let mut info = self.info.lock();
            change(&mut info);
            if let Some(room) = self.room.upgrade()
                && let Err(error) = tell(&room, &info)
            {
                tracing::debug!(target: "livekit", %error, "the encryption of a track was not changed");
            }
        }
    }

    impl fmt::Debug for FrameCryptor {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.info.lock().fmt(f)
        }
    }
}
