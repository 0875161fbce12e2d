//! What participants send each other beside media.

use crate::id::ParticipantIdentity;

/// How a data packet travels.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum DataPacketKind {
    /// It may be lost.
    Lossy,
    /// It is sent again until it arrives.
    Reliable,
}

/// Bytes for other participants.
#[derive(Debug, Clone, Default)]
pub struct DataPacket {
    /// The bytes.
    pub payload: Vec<u8>,
    /// What they are about.
    pub topic: Option<String>,
    /// Whether they must arrive.
    pub reliable: bool,
    /// Who gets them; nobody named is everybody.
    pub destination_identities: Vec<ParticipantIdentity>,
}

/// Parts of a transcript of the old kind.
#[derive(Default, Debug, Clone)]
pub struct Transcription {
    /// Who spoke.
    pub participant_identity: String,
    /// On which track.
    pub track_id: String,
    /// The parts.
    pub segments: Vec<TranscriptionSegment>,
}

/// Something said.
#[derive(Default, Debug, Clone)]
pub struct TranscriptionSegment {
    /// The same for each version of this part.
    pub id: String,
    /// The words.
    pub text: String,
    /// In milliseconds.
    pub start_time: u64,
    /// In milliseconds.
    pub end_time: u64,
    /// Whether no other version follows.
    pub r#final: bool,
    /// Its language.
    pub language: String,
}

/// A key of a phone.
#[derive(Default, Debug, Clone)]
pub struct SipDTMF {
    /// Its number, 0 to 15.
    pub code: u32,
    /// What is on it.
    pub digit: String,
    /// Who gets it; nobody named is everybody.
    pub destination_identities: Vec<ParticipantIdentity>,
}

/// A chat message of the old kind.
#[derive(Debug, Clone)]
pub struct ChatMessage {
    /// Its identifier.
    pub id: String,
    /// The words.
    pub message: String,
    /// When it was sent, in Unix milliseconds.
    pub timestamp: i64,
    /// When it was changed, in Unix milliseconds.
    pub edit_timestamp: Option<i64>,
    /// Whether it was taken back.
    pub deleted: Option<bool>,
    /// Whether a program wrote it.
    pub generated: Option<bool>,
}
