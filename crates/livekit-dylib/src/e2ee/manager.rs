//! End-to-end encryption of one room.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use super::key_provider::KeyProvider;
use super::{E2eeOptions, EncryptionType};
use crate::engine;
use crate::id::{ParticipantIdentity, TrackSid};
use crate::room::RoomOptions;
use crate::webrtc::native::frame_cryptor::FrameCryptor;

/// Manages the end-to-end encryption of one room.
#[derive(Clone)]
pub struct E2eeManager {
    inner: Arc<Inner>,
}

struct Inner {
    options: Option<E2eeOptions>,
    is_data_encrypted: bool,
    is_enabled: Mutex<bool>,
    room: OnceLock<Weak<engine::Session>>,
}

impl E2eeManager {
    pub(crate) fn new(options: &RoomOptions) -> Self {
        #[expect(deprecated, reason = "the official API still accepts it")]
        let media_only = options.e2ee.clone();
        let is_data_encrypted = options.encryption.is_some();
        let options = options.encryption.clone().or(media_only);
        Self {
            inner: Arc::new(Inner {
                is_enabled: Mutex::new(options.is_some()),
                options,
                is_data_encrypted,
                room: OnceLock::new(),
            }),
        }
    }

    /// Sets all keys in a room that has just been joined.
    pub(crate) fn attach(&self, room: &Arc<engine::Session>) {
        let Some(options) = &self.inner.options else {
            return;
        };
        options.key_provider.attach(room);
        self.inner.room.get_or_init(|| Arc::downgrade(room));
    }

    /// Returns the frame cryptors of all tracks, by publisher and track.
    pub fn frame_cryptors(&self) -> HashMap<(ParticipantIdentity, TrackSid), FrameCryptor> {
        let Some(room) = self.room() else {
            return HashMap::new();
        };
        match room.cryptors() {
            Ok(cryptors) => cryptors
                .into_iter()
                .map(|info| ((info.identity.clone(), info.track.clone()), info))
                .map(|(key, info)| (key, FrameCryptor::new(Arc::downgrade(&room), info)))
                .collect(),
            Err(error) => {
                tracing::debug!(target: "livekit", %error, "failed to list frame cryptors");
                HashMap::new()
            }
        }
    }

    /// Whether media is encrypted.
    pub fn enabled(&self) -> bool {
        self.inner.options.is_some() && *self.inner.is_enabled.lock()
    }

    /// Whether data channel messages are encrypted as well.
    pub fn is_dc_encryption_enabled(&self) -> bool {
        self.inner.is_data_encrypted
    }

    /// Enables or disables the encryption of media.
    pub fn set_enabled(&self, enabled: bool) {
        let mut is_enabled = self.inner.is_enabled.lock();
        let before = std::mem::replace(&mut *is_enabled, enabled);
        if before == enabled {
            return;
        }
        if let Some(room) = self.room()
            && let Err(error) = room.set_encrypted(enabled)
        {
            tracing::debug!(target: "livekit", %error, "failed to enable or disable encryption");
        }
    }

    /// The key provider; `None` if the room was joined without encryption options.
    pub fn key_provider(&self) -> Option<KeyProvider> {
        let options = self.inner.options.as_ref()?;
        Some(options.key_provider.clone())
    }

    /// The encryption type; [`EncryptionType::None`] if the room was joined without encryption
    /// options.
    pub fn encryption_type(&self) -> EncryptionType {
        let options = self.inner.options.as_ref();
        options.map_or(EncryptionType::None, |options| options.encryption_type)
    }

    fn room(&self) -> Option<Arc<engine::Session>> {
        self.inner.room.get()?.upgrade()
    }
}

impl fmt::Debug for E2eeManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("E2eeManager")
            .field("enabled", &self.enabled())
            .finish_non_exhaustive()
    }
}
