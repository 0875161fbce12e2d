//! Byte streams: reading and writing.

use std::collections::HashMap;

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedByteStreamReader {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: ByteStreamInfo,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamReaderReadIncrementalRequest {
    #[prost(uint64, required, tag = "1")]
    pub reader_handle: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamReaderReadIncrementalResponse {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamReaderReadAllRequest {
    #[prost(uint64, required, tag = "1")]
    pub reader_handle: u64,
    #[prost(uint64, optional, tag = "2")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamReaderReadAllResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamReaderReadAllCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "byte_stream_reader_read_all_callback::Result", tags = "2, 3")]
    pub result: Option<byte_stream_reader_read_all_callback::Result>,
}

pub mod byte_stream_reader_read_all_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Result {
        #[prost(bytes, tag = "2")]
        Content(Vec<u8>),
        #[prost(message, tag = "3")]
        Error(StreamError),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamReaderWriteToFileRequest {
    #[prost(uint64, required, tag = "1")]
    pub reader_handle: u64,
    #[prost(uint64, optional, tag = "2")]
    pub request_async_id: Option<u64>,
    #[prost(string, optional, tag = "3")]
    pub directory: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub name_override: Option<String>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamReaderWriteToFileResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamReaderWriteToFileCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(
        oneof = "byte_stream_reader_write_to_file_callback::Result",
        tags = "2, 3"
    )]
    pub result: Option<byte_stream_reader_write_to_file_callback::Result>,
}

pub mod byte_stream_reader_write_to_file_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Result {
        #[prost(string, tag = "2")]
        FilePath(String),
        #[prost(message, tag = "3")]
        Error(StreamError),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamReaderEvent {
    #[prost(uint64, required, tag = "1")]
    pub reader_handle: u64,
    #[prost(oneof = "byte_stream_reader_event::Detail", tags = "2, 3")]
    pub detail: Option<byte_stream_reader_event::Detail>,
}

pub mod byte_stream_reader_event {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Detail {
        #[prost(message, tag = "2")]
        ChunkReceived(ByteStreamReaderChunkReceived),
        #[prost(message, tag = "3")]
        Eos(ByteStreamReaderEos),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamReaderChunkReceived {
    #[prost(bytes = "vec", required, tag = "1")]
    pub content: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamReaderEos {
    #[prost(message, optional, tag = "1")]
    pub error: Option<StreamError>,
    #[prost(map = "string, string", tag = "2")]
    pub attributes: HashMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedByteStreamWriter {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: ByteStreamInfo,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamOpenRequest {
    #[prost(uint64, required, tag = "1")]
    pub local_participant_handle: u64,
    #[prost(message, required, tag = "2")]
    pub options: StreamByteOptions,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamOpenResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamOpenCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(oneof = "byte_stream_open_callback::Result", tags = "2, 3")]
    pub result: Option<byte_stream_open_callback::Result>,
}

pub mod byte_stream_open_callback {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Result {
        #[prost(message, tag = "2")]
        Writer(OwnedByteStreamWriter),
        #[prost(message, tag = "3")]
        Error(StreamError),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamWriterWriteRequest {
    #[prost(uint64, required, tag = "1")]
    pub writer_handle: u64,
    #[prost(bytes = "vec", required, tag = "2")]
    pub bytes: Vec<u8>,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamWriterWriteResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamWriterWriteCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(message, optional, tag = "2")]
    pub error: Option<StreamError>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamWriterCloseRequest {
    #[prost(uint64, required, tag = "1")]
    pub writer_handle: u64,
    #[prost(string, optional, tag = "2")]
    pub reason: Option<String>,
    #[prost(uint64, optional, tag = "3")]
    pub request_async_id: Option<u64>,
    #[prost(map = "string, string", tag = "4")]
    pub attributes: HashMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ByteStreamWriterCloseResponse {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamWriterCloseCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
    #[prost(message, optional, tag = "2")]
    pub error: Option<StreamError>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ByteStreamInfo {
    #[prost(string, required, tag = "1")]
    pub stream_id: String,
    #[prost(int64, required, tag = "2")]
    pub timestamp: i64,
    #[prost(string, required, tag = "3")]
    pub mime_type: String,
    #[prost(string, required, tag = "4")]
    pub topic: String,
    #[prost(uint64, optional, tag = "5")]
    pub total_length: Option<u64>,
    #[prost(map = "string, string", tag = "6")]
    pub attributes: HashMap<String, String>,
    #[prost(string, required, tag = "7")]
    pub name: String,
    #[prost(enumeration = "EncryptionType", required, tag = "8")]
    pub encryption_type: i32,
}
