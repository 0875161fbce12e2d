//! Requests for end-to-end encryption.

use livekit_common::{EncryptionType, ParticipantIdentity};

use super::session::Session;
use crate::e2ee::E2eeOptions;
use crate::e2ee::key_provider::KeyDerivationAlgorithm;
use crate::ffi::{self, FfiError, Req, Resp};
use crate::id::TrackSid;
use crate::proto::{self, e2ee_request::Message as Ask, e2ee_response::Message as Answer};

/// State of the frame cryptor of one track.
#[derive(Debug, Clone)]
pub(crate) struct CryptorInfo {
    /// Identity of the track's publisher.
    pub(crate) identity: ParticipantIdentity,
    /// Identifier of the track.
    pub(crate) track: TrackSid,
    /// Index of the active key in the key ring.
    pub(crate) key_index: i32,
    /// Whether frames are encrypted or decrypted.
    pub(crate) enabled: bool,
}

impl Session {
    /// Enables or disables the encryption of all tracks.
    pub(crate) fn set_encrypted(&self, enabled: bool) -> Result<(), FfiError> {
        let ask = proto::E2eeManagerSetEnabledRequest { enabled };
        self.ask(Ask::ManagerSetEnabled(ask)).map(drop)
    }

    /// Lists the frame cryptors of all tracks.
    pub(crate) fn cryptors(&self) -> Result<Vec<CryptorInfo>, FfiError> {
        let ask = proto::E2eeManagerGetFrameCryptorsRequest {};
        match self.ask(Ask::ManagerGetFrameCryptors(ask))? {
            Answer::ManagerGetFrameCryptors(answer) => {
                Ok(answer.frame_cryptors.into_iter().map(Into::into).collect())
            }
            _ => Err(FfiError::Unexpected),
        }
    }

    /// Applies `cryptor.enabled` to the frame cryptor of its track.
    pub(crate) fn set_cryptor_enabled(&self, cryptor: &CryptorInfo) -> Result<(), FfiError> {
        self.ask(Ask::CryptorSetEnabled(
            proto::FrameCryptorSetEnabledRequest {
                participant_identity: cryptor.identity.to_string(),
                track_sid: cryptor.track.to_string(),
                enabled: cryptor.enabled,
            },
        ))
        .map(drop)
    }

    /// Applies `cryptor.key_index` to the frame cryptor of its track.
    pub(crate) fn set_cryptor_key_index(&self, cryptor: &CryptorInfo) -> Result<(), FfiError> {
        self.ask(Ask::CryptorSetKeyIndex(
            proto::FrameCryptorSetKeyIndexRequest {
                participant_identity: cryptor.identity.to_string(),
                track_sid: cryptor.track.to_string(),
                key_index: cryptor.key_index,
            },
        ))
        .map(drop)
    }

    /// Sets the key of a participant, or the shared key if `owner` is `None`.
    pub(crate) fn set_key(
        &self,
        owner: Option<&ParticipantIdentity>,
        key_index: i32,
        key: Vec<u8>,
    ) -> Result<(), FfiError> {
        self.ask(match owner {
            Some(owner) => Ask::SetKey(proto::SetKeyRequest {
                participant_identity: owner.to_string(),
                key,
                key_index,
            }),
            None => Ask::SetSharedKey(proto::SetSharedKeyRequest {
                shared_key: key,
                key_index,
            }),
        })
        .map(drop)
    }

    /// Ratchets the key of a participant, or the shared key if `owner` is `None`. Returns the new
    /// key, or `None` if there is no key at this index.
    pub(crate) fn ratchet_key(
        &self,
        owner: Option<&ParticipantIdentity>,
        key_index: i32,
    ) -> Result<Option<Vec<u8>>, FfiError> {
        let ask = match owner {
            Some(owner) => Ask::RatchetKey(proto::RatchetKeyRequest {
                participant_identity: owner.to_string(),
                key_index,
            }),
            None => Ask::RatchetSharedKey(proto::RatchetSharedKeyRequest { key_index }),
        };
        match self.ask(ask)? {
            Answer::RatchetKey(answer) => Ok(answer.new_key),
            Answer::RatchetSharedKey(answer) => Ok(answer.new_key),
            _ => Err(FfiError::Unexpected),
        }
    }

    fn ask(&self, message: Ask) -> Result<Answer, FfiError> {
        let request = proto::E2eeRequest {
            room_handle: self.room()?,
            message: Some(message),
        };
        match ffi::request(Req::E2ee(request))? {
            Resp::E2ee(response) => response.message.ok_or(FfiError::Unexpected),
            _ => Err(FfiError::Unexpected),
        }
    }
}

/// Converts the encryption type to that of the public API.
pub(crate) fn encryption_type(cipher: proto::EncryptionType) -> EncryptionType {
    match cipher {
        proto::EncryptionType::None => EncryptionType::None,
        proto::EncryptionType::Gcm => EncryptionType::Gcm,
        proto::EncryptionType::Custom => EncryptionType::Custom,
    }
}

impl From<proto::FrameCryptor> for CryptorInfo {
    fn from(cryptor: proto::FrameCryptor) -> Self {
        Self {
            identity: cryptor.participant_identity.into(),
            track: TrackSid(cryptor.track_sid),
            key_index: cryptor.key_index,
            enabled: cryptor.enabled,
        }
    }
}

impl From<E2eeOptions> for proto::E2eeOptions {
    fn from(options: E2eeOptions) -> Self {
        let cipher = match options.encryption_type {
            EncryptionType::None => proto::EncryptionType::None,
            EncryptionType::Gcm => proto::EncryptionType::Gcm,
            EncryptionType::Custom => proto::EncryptionType::Custom,
        };
        let provider = options.key_provider;
        let derivation = match provider.options.key_derivation_algorithm {
            KeyDerivationAlgorithm::PBKDF2 => proto::KeyDerivationFunction::Pbkdf2,
            KeyDerivationAlgorithm::HKDF => proto::KeyDerivationFunction::Hkdf,
        };
        // The other keys are set once the room is joined.
        let shared_key = match provider.is_shared {
            true => provider.get_shared_key(0),
            false => None,
        };
        Self {
            encryption_type: cipher.into(),
            key_provider_options: proto::KeyProviderOptions {
                shared_key,
                ratchet_window_size: provider.options.ratchet_window_size,
                ratchet_salt: provider.options.ratchet_salt,
                failure_tolerance: provider.options.failure_tolerance,
                key_ring_size: provider.options.key_ring_size,
                key_derivation_function: derivation.into(),
            },
        }
    }
}
