//! What rides on a data channel: packets, chat, transcription, tones.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishDataRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(uint64, required, tag = "2")]
    pub data_ptr: u64,
    #[prost(uint64, required, tag = "3")]
    pub data_len: u64,
    #[prost(bool, required, tag = "4")]
    pub reliable: bool,
    #[deprecated]
    #[prost(string, repeated, tag = "5")]
    pub destination_sids: Vec<String>,
    #[prost(string, optional, tag = "6")]
    pub topic: Option<String>,
    #[prost(string, repeated, tag = "7")]
    pub destination_identities: Vec<String>,
    #[prost(uint64, optional, tag = "8")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PublishDataResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishDataCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishTranscriptionRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub participant_identity: String,
    #[prost(string, required, tag = "3")]
    pub track_id: String,
    #[prost(message, repeated, tag = "4")]
    pub segments: Vec<TranscriptionSegment>,
    #[prost(uint64, optional, tag = "5")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PublishTranscriptionResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishTranscriptionCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishSipDtmfRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(uint32, required, tag = "2")]
    pub code: u32,
    #[prost(string, required, tag = "3")]
    pub digit: String,
    #[prost(string, repeated, tag = "4")]
    pub destination_identities: Vec<String>,
    #[prost(uint64, optional, tag = "5")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PublishSipDtmfResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PublishSipDtmfCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(string, optional, tag = "2")]
    pub error: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SendChatMessageRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub message: String,
    #[prost(string, repeated, tag = "3")]
    pub destination_identities: Vec<String>,
    #[prost(string, optional, tag = "4")]
    pub sender_identity: Option<String>,
    #[prost(uint64, optional, tag = "5")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EditChatMessageRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(string, required, tag = "2")]
    pub edit_text: String,
    #[prost(message, required, tag = "3")]
    pub original_message: ChatMessage,
    #[prost(string, repeated, tag = "4")]
    pub destination_identities: Vec<String>,
    #[prost(string, optional, tag = "5")]
    pub sender_identity: Option<String>,
    #[prost(uint64, optional, tag = "6")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SendChatMessageResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SendChatMessageCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "send_chat_message_callback::Message", tags = "2, 3")]
    pub message: Option<send_chat_message_callback::Message>,
}

pub mod send_chat_message_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(string, tag = "2")]
        Error(String),
        #[prost(message, tag = "3")]
        ChatMessage(ChatMessage),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TranscriptionSegment {
    #[prost(string, required, tag = "1")]
    pub id: String,
    #[prost(string, required, tag = "2")]
    pub text: String,
    #[prost(uint64, required, tag = "3")]
    pub start_time: u64,
    #[prost(uint64, required, tag = "4")]
    pub end_time: u64,
    #[prost(bool, required, tag = "5")]
    pub r#final: bool,
    #[prost(string, required, tag = "6")]
    pub language: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UserPacket {
    #[prost(message, required, tag = "1")]
    pub data: OwnedBuffer,
    #[prost(string, optional, tag = "2")]
    pub topic: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ChatMessage {
    #[prost(string, required, tag = "1")]
    pub id: String,
    #[prost(int64, required, tag = "2")]
    pub timestamp: i64,
    #[prost(string, required, tag = "3")]
    pub message: String,
    #[prost(int64, optional, tag = "4")]
    pub edit_timestamp: Option<i64>,
    #[prost(bool, optional, tag = "5")]
    pub deleted: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub generated: Option<bool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ChatMessageReceived {
    #[prost(message, required, tag = "1")]
    pub message: ChatMessage,
    #[prost(string, required, tag = "2")]
    pub participant_identity: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SipDtmf {
    #[prost(uint32, required, tag = "1")]
    pub code: u32,
    #[prost(string, optional, tag = "2")]
    pub digit: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataPacketReceived {
    #[prost(enumeration = "DataPacketKind", required, tag = "1")]
    pub kind: i32,
    #[prost(string, required, tag = "2")]
    pub participant_identity: String,
    #[prost(oneof = "data_packet_received::Value", tags = "4, 5")]
    pub value: Option<data_packet_received::Value>,
}

pub mod data_packet_received {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Value {
        #[prost(message, tag = "4")]
        User(UserPacket),
        #[prost(message, tag = "5")]
        SipDtmf(SipDtmf),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TranscriptionReceived {
    #[prost(string, optional, tag = "1")]
    pub participant_identity: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub track_sid: Option<String>,
    #[prost(message, repeated, tag = "3")]
    pub segments: Vec<TranscriptionSegment>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetDataChannelBufferedAmountLowThresholdRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(uint64, required, tag = "2")]
    pub threshold: u64,
    #[prost(enumeration = "DataPacketKind", required, tag = "3")]
    pub kind: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct SetDataChannelBufferedAmountLowThresholdResponse {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DataPacketKind {
    KindLossy = 0,
    KindReliable = 1,
}
