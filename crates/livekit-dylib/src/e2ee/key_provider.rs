//! Encryption keys of rooms.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::engine;
use crate::id::ParticipantIdentity;

pub use crate::webrtc::native::frame_cryptor::KeyDerivationAlgorithm;

/// Options for deriving and storing keys.
#[derive(Clone)]
pub struct KeyProviderOptions {
    /// Number of ratchet steps that a receiver tries ahead to find the sender's key.
    pub ratchet_window_size: i32,
    /// Salt for the key derivation.
    pub ratchet_salt: Vec<u8>,
    /// Number of frames that may fail to decrypt before a key is considered invalid; -1 means no
    /// limit.
    pub failure_tolerance: i32,
    /// Size of each participant's key ring. A key index is less than this number.
    pub key_ring_size: i32,
    /// Derivation of keys from the configured key material.
    pub key_derivation_algorithm: KeyDerivationAlgorithm,
}

impl Default for KeyProviderOptions {
    fn default() -> Self {
        Self {
            ratchet_window_size: 16,
            ratchet_salt: b"LKFrameEncryptionKey".to_vec(),
            failure_tolerance: -1,
            key_ring_size: 16,
            key_derivation_algorithm: KeyDerivationAlgorithm::PBKDF2,
        }
    }
}

/// Provides the keys of one or more rooms: one key shared by all participants, or one per
/// participant.
///
/// Keys can be set before and after joining a room. Ratcheting requires a joined room, because the
/// native core performs the derivation.
#[derive(Clone)]
pub struct KeyProvider {
    pub(crate) options: KeyProviderOptions,
    pub(crate) is_shared: bool,
    inner: Arc<Mutex<Inner>>,
}

/// Owner and index of a key; `None` is the owner of the shared key.
type Slot = (Option<ParticipantIdentity>, i32);

#[derive(Default)]
struct Inner {
    keys: BTreeMap<Slot, Vec<u8>>,
    rooms: Vec<Weak<engine::Session>>,
    latest: i32,
}

impl KeyProvider {
    /// Creates a provider with one key per participant.
    pub fn new(options: KeyProviderOptions) -> Self {
        Self {
            options,
            is_shared: false,
            inner: Arc::default(),
        }
    }

    /// Creates a provider with a shared key at index 0.
    pub fn with_shared_key(options: KeyProviderOptions, shared_key: Vec<u8>) -> Self {
        let provider = Self {
            is_shared: true,
            ..Self::new(options)
        };
        provider.set_shared_key(shared_key, 0);
        provider
    }

    /// Sets the shared key at an index. An index outside the key ring is ignored and logged.
    pub fn set_shared_key(&self, shared_key: Vec<u8>, key_index: i32) {
        self.set((None, key_index), shared_key);
    }

    /// Ratchets the shared key and returns the new key; `None` if no room is joined.
    pub fn ratchet_shared_key(&self, key_index: i32) -> Option<Vec<u8>> {
        self.ratchet((None, key_index))
    }

    /// Returns the shared key at an index.
    pub fn get_shared_key(&self, key_index: i32) -> Option<Vec<u8>> {
        self.get((None, key_index))
    }

    /// Sets a participant's key at an index; `false` if the index is outside the key ring.
    pub fn set_key(&self, identity: &ParticipantIdentity, key_index: i32, key: Vec<u8>) -> bool {
        self.set((Some(identity.clone()), key_index), key)
    }

    /// Ratchets a participant's key and returns the new key; `None` if no room is joined.
    pub fn ratchet_key(&self, identity: &ParticipantIdentity, key_index: i32) -> Option<Vec<u8>> {
        self.ratchet((Some(identity.clone()), key_index))
    }

    /// Returns a participant's key at an index.
    pub fn get_key(&self, identity: &ParticipantIdentity, key_index: i32) -> Option<Vec<u8>> {
        self.get((Some(identity.clone()), key_index))
    }

    /// Returns the index of the key that was set last.
    pub fn get_latest_key_index(&self) -> i32 {
        self.inner.lock().latest
    }

    /// Sets all keys in a room that has just been joined, and registers the room for later changes.
    pub(crate) fn attach(&self, room: &Arc<engine::Session>) {
        let mut inner = self.inner.lock();
        for ((owner, index), key) in &inner.keys {
            log_error(room.set_key(owner.as_ref(), *index, key.clone()));
        }
        inner.rooms.retain(|room| room.strong_count() > 0);
        inner.rooms.push(Arc::downgrade(room));
    }

    fn set(&self, slot: Slot, key: Vec<u8>) -> bool {
        if !self.holds(slot.1) {
            return false;
        }
        let mut inner = self.inner.lock();
        inner.latest = slot.1;
        for room in inner.rooms() {
            log_error(room.set_key(slot.0.as_ref(), slot.1, key.clone()));
        }
        inner.keys.insert(slot, key);
        true
    }

    fn ratchet(&self, slot: Slot) -> Option<Vec<u8>> {
        if !self.holds(slot.1) {
            return None;
        }
        let mut inner = self.inner.lock();
        let ratchet =
            |room: Arc<engine::Session>| log_error(room.ratchet_key(slot.0.as_ref(), slot.1));
        let new = inner
            .rooms()
            .into_iter()
            .filter_map(ratchet)
            .fold(None, |new, key| key.or(new))?;
        inner.keys.insert(slot, new.clone());
        Some(new)
    }

    fn get(&self, slot: Slot) -> Option<Vec<u8>> {
        self.inner.lock().keys.get(&slot).cloned()
    }

    /// Whether the index is within the key ring. The core does not check this.
    fn holds(&self, index: i32) -> bool {
        let holds = (0..self.options.key_ring_size).contains(&index);
        if !holds {
            let size = self.options.key_ring_size;
            tracing::error!(target: "livekit", index, size, "key index is outside the key ring");
        }
        holds
    }
}

impl Inner {
    fn rooms(&self) -> Vec<Arc<engine::Session>> {
        self.rooms.iter().filter_map(Weak::upgrade).collect()
    }
}

/// Logs and discards an error: a room that has ended needs no keys.
fn log_error<T>(result: Result<T, engine::Error>) -> Option<T> {
    result
        .inspect_err(|error| tracing::debug!(target: "livekit", %error, "failed to change a key"))
        .ok()
}

impl fmt::Debug for KeyProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyProvider")
            .field("is_shared", &self.is_shared)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stored_before_a_room_is_joined() {
        let provider = KeyProvider::with_shared_key(KeyProviderOptions::default(), vec![1; 16]);
        assert_eq!(provider.get_shared_key(0), Some(vec![1; 16]));
        assert_eq!(provider.get_shared_key(1), None);
        provider.set_shared_key(vec![2; 16], 3);
        assert_eq!(provider.get_latest_key_index(), 3);
        assert_eq!(provider.ratchet_shared_key(0), None, "needs a room");
    }

    #[test]
    fn an_index_outside_the_ring_is_refused() {
        let provider = KeyProvider::new(KeyProviderOptions::default());
        let ada = ParticipantIdentity::from("ada");
        assert!(provider.set_key(&ada, 15, vec![1]));
        for index in [-1, 16, i32::MIN, i32::MAX] {
            assert!(!provider.set_key(&ada, index, vec![1]));
            assert_eq!(provider.ratchet_key(&ada, index), None);
        }
        assert_eq!(provider.get_latest_key_index(), 15);
    }

    #[test]
    fn keys_are_not_printed() {
        let provider = KeyProvider::with_shared_key(KeyProviderOptions::default(), vec![211; 16]);
        assert!(!format!("{provider:?}").contains("211"));
    }
}
