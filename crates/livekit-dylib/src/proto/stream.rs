//! Data streams of both kinds: sending in one go, options, errors.

use std::collections::HashMap;

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSendFileRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(message, required, tag = "2")]
    pub options: StreamByteOptions,
    #[prost(string, required, tag = "3")]
    pub file_path: String,
    #[prost(uint64, optional, tag = "4")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StreamSendFileResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSendFileCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "stream_send_file_callback::Result", tags = "2, 3")]
    pub result: Option<stream_send_file_callback::Result>,
}

pub mod stream_send_file_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Result {
        #[prost(message, tag = "2")]
        Info(ByteStreamInfo),
        #[prost(message, tag = "3")]
        Error(StreamError),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSendBytesRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(message, required, tag = "2")]
    pub options: StreamByteOptions,
    #[prost(bytes = "vec", required, tag = "3")]
    pub bytes: Vec<u8>,
    #[prost(uint64, optional, tag = "4")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StreamSendBytesResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSendBytesCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "stream_send_bytes_callback::Result", tags = "2, 3")]
    pub result: Option<stream_send_bytes_callback::Result>,
}

pub mod stream_send_bytes_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Result {
        #[prost(message, tag = "2")]
        Info(ByteStreamInfo),
        #[prost(message, tag = "3")]
        Error(StreamError),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSendTextRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(message, required, tag = "2")]
    pub options: StreamTextOptions,
    #[prost(string, required, tag = "3")]
    pub text: String,
    #[prost(uint64, optional, tag = "4")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StreamSendTextResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSendTextCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "stream_send_text_callback::Result", tags = "2, 3")]
    pub result: Option<stream_send_text_callback::Result>,
}

pub mod stream_send_text_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Result {
        #[prost(message, tag = "2")]
        Info(TextStreamInfo),
        #[prost(message, tag = "3")]
        Error(StreamError),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamTextOptions {
    #[prost(string, required, tag = "1")]
    pub topic: String,
    #[prost(map = "string, string", tag = "2")]
    pub attributes: HashMap<String, String>,
    #[prost(string, repeated, tag = "3")]
    pub destination_identities: Vec<String>,
    #[prost(string, optional, tag = "4")]
    pub id: Option<String>,
    #[prost(enumeration = "text_stream_info::OperationType", optional, tag = "5")]
    pub operation_type: Option<i32>,
    #[prost(int32, optional, tag = "6")]
    pub version: Option<i32>,
    #[prost(string, optional, tag = "7")]
    pub reply_to_stream_id: Option<String>,
    #[prost(string, repeated, tag = "8")]
    pub attached_stream_ids: Vec<String>,
    #[prost(bool, optional, tag = "9")]
    pub generated: Option<bool>,
    #[prost(bool, optional, tag = "10")]
    pub compress: Option<bool>,
    #[prost(string, optional, tag = "11")]
    pub sender_identity: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamByteOptions {
    #[prost(string, required, tag = "1")]
    pub topic: String,
    #[prost(map = "string, string", tag = "2")]
    pub attributes: HashMap<String, String>,
    #[prost(string, repeated, tag = "3")]
    pub destination_identities: Vec<String>,
    #[prost(string, optional, tag = "4")]
    pub id: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub mime_type: Option<String>,
    #[prost(uint64, optional, tag = "7")]
    pub total_length: Option<u64>,
    #[prost(bool, optional, tag = "8")]
    pub compress: Option<bool>,
    #[prost(string, optional, tag = "9")]
    pub sender_identity: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamError {
    #[prost(string, required, tag = "1")]
    pub description: String,
}
