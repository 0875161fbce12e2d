//! End-to-end encryption.

#[derive(Clone, PartialEq, prost::Message)]
pub struct FrameCryptor {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
    #[prost(int32, required, tag = "3")]
    pub key_index: i32,
    #[prost(bool, required, tag = "4")]
    pub enabled: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct KeyProviderOptions {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub shared_key: Option<Vec<u8>>,
    #[prost(int32, required, tag = "2")]
    pub ratchet_window_size: i32,
    #[prost(bytes = "vec", required, tag = "3")]
    pub ratchet_salt: Vec<u8>,
    #[prost(int32, required, tag = "4")]
    pub failure_tolerance: i32,
    #[prost(int32, required, tag = "5")]
    pub key_ring_size: i32,
    #[prost(enumeration = "KeyDerivationFunction", required, tag = "6")]
    pub key_derivation_function: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct E2eeOptions {
    #[prost(enumeration = "EncryptionType", required, tag = "1")]
    pub encryption_type: i32,
    #[prost(message, required, tag = "2")]
    pub key_provider_options: KeyProviderOptions,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct E2eeManagerSetEnabledRequest {
    #[prost(bool, required, tag = "1")]
    pub enabled: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct E2eeManagerSetEnabledResponse {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct E2eeManagerGetFrameCryptorsRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct E2eeManagerGetFrameCryptorsResponse {
    #[prost(message, repeated, tag = "1")]
    pub frame_cryptors: Vec<FrameCryptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct FrameCryptorSetEnabledRequest {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
    #[prost(bool, required, tag = "3")]
    pub enabled: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct FrameCryptorSetEnabledResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct FrameCryptorSetKeyIndexRequest {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(string, required, tag = "2")]
    pub track_sid: String,
    #[prost(int32, required, tag = "3")]
    pub key_index: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct FrameCryptorSetKeyIndexResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetSharedKeyRequest {
    #[prost(bytes = "vec", required, tag = "1")]
    pub shared_key: Vec<u8>,
    #[prost(int32, required, tag = "2")]
    pub key_index: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetSharedKeyResponse {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RatchetSharedKeyRequest {
    #[prost(int32, required, tag = "1")]
    pub key_index: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RatchetSharedKeyResponse {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub new_key: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct GetSharedKeyRequest {
    #[prost(int32, required, tag = "1")]
    pub key_index: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetSharedKeyResponse {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub key: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SetKeyRequest {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(bytes = "vec", required, tag = "2")]
    pub key: Vec<u8>,
    #[prost(int32, required, tag = "3")]
    pub key_index: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetKeyResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RatchetKeyRequest {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(int32, required, tag = "2")]
    pub key_index: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RatchetKeyResponse {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub new_key: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetKeyRequest {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(int32, required, tag = "2")]
    pub key_index: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct GetKeyResponse {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub key: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct E2eeRequest {
    #[prost(uint64, required, tag = "1")]
    pub room_handle: u64,
    #[prost(
        oneof = "e2ee_request::Message",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11"
    )]
    pub message: Option<e2ee_request::Message>,
}

pub mod e2ee_request {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(message, tag = "2")]
        ManagerSetEnabled(E2eeManagerSetEnabledRequest),
        #[prost(message, tag = "3")]
        ManagerGetFrameCryptors(E2eeManagerGetFrameCryptorsRequest),
        #[prost(message, tag = "4")]
        CryptorSetEnabled(FrameCryptorSetEnabledRequest),
        #[prost(message, tag = "5")]
        CryptorSetKeyIndex(FrameCryptorSetKeyIndexRequest),
        #[prost(message, tag = "6")]
        SetSharedKey(SetSharedKeyRequest),
        #[prost(message, tag = "7")]
        RatchetSharedKey(RatchetSharedKeyRequest),
        #[prost(message, tag = "8")]
        GetSharedKey(GetSharedKeyRequest),
        #[prost(message, tag = "9")]
        SetKey(SetKeyRequest),
        #[prost(message, tag = "10")]
        RatchetKey(RatchetKeyRequest),
        #[prost(message, tag = "11")]
        GetKey(GetKeyRequest),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct E2eeResponse {
    #[prost(
        oneof = "e2ee_response::Message",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
    )]
    pub message: Option<e2ee_response::Message>,
}

pub mod e2ee_response {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(message, tag = "1")]
        ManagerSetEnabled(E2eeManagerSetEnabledResponse),
        #[prost(message, tag = "2")]
        ManagerGetFrameCryptors(E2eeManagerGetFrameCryptorsResponse),
        #[prost(message, tag = "3")]
        CryptorSetEnabled(FrameCryptorSetEnabledResponse),
        #[prost(message, tag = "4")]
        CryptorSetKeyIndex(FrameCryptorSetKeyIndexResponse),
        #[prost(message, tag = "5")]
        SetSharedKey(SetSharedKeyResponse),
        #[prost(message, tag = "6")]
        RatchetSharedKey(RatchetSharedKeyResponse),
        #[prost(message, tag = "7")]
        GetSharedKey(GetSharedKeyResponse),
        #[prost(message, tag = "8")]
        SetKey(SetKeyResponse),
        #[prost(message, tag = "9")]
        RatchetKey(RatchetKeyResponse),
        #[prost(message, tag = "10")]
        GetKey(GetKeyResponse),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum EncryptionType {
    None = 0,
    Gcm = 1,
    Custom = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum KeyDerivationFunction {
    Pbkdf2 = 0,
    Hkdf = 1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum EncryptionState {
    New = 0,
    Ok = 1,
    EncryptionFailed = 2,
    DecryptionFailed = 3,
    MissingKey = 4,
    KeyRatcheted = 5,
    InternalError = 6,
}
