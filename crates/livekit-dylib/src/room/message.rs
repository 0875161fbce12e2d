//! Messages between participants: transcriptions and DTMF.

use crate::id::ParticipantIdentity;

/// Transcription segments of the legacy transcription API.
#[derive(Default, Debug, Clone)]
pub struct Transcription {
    /// Identity of the speaker.
    pub participant_identity: String,
    /// Identifier of the speaker's track.
    pub track_id: String,
    /// Segments of the transcription.
    pub segments: Vec<TranscriptionSegment>,
}

/// A segment of a transcription.
#[derive(Default, Debug, Clone)]
pub struct TranscriptionSegment {
    /// Identifier of the segment; the same in all of its updates.
    pub id: String,
    /// Text of the segment.
    pub text: String,
    /// Start of the segment in milliseconds.
    pub start_time: u64,
    /// End of the segment in milliseconds.
    pub end_time: u64,
    /// Whether this is the final update of the segment.
    pub r#final: bool,
    /// Language of the text.
    pub language: String,
}

/// A DTMF tone.
#[derive(Default, Debug, Clone)]
pub struct SipDTMF {
    /// DTMF code, 0 to 15.
    pub code: u32,
    /// Digit or symbol of the key.
    pub digit: String,
    /// Recipients; empty means all participants.
    pub destination_identities: Vec<ParticipantIdentity>,
}
