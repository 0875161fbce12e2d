//! The packets a data stream is made of.

use std::collections::HashMap;

pub mod data_stream {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct TextHeader {
        #[prost(enumeration = "OperationType", required, tag = "1")]
        pub operation_type: i32,
        #[prost(int32, optional, tag = "2")]
        pub version: Option<i32>,
        #[prost(string, optional, tag = "3")]
        pub reply_to_stream_id: Option<String>,
        #[prost(string, repeated, tag = "4")]
        pub attached_stream_ids: Vec<String>,
        #[prost(bool, optional, tag = "5")]
        pub generated: Option<bool>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ByteHeader {
        #[prost(string, required, tag = "1")]
        pub name: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Header {
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
        #[prost(oneof = "header::ContentHeader", tags = "7, 8")]
        pub content_header: Option<header::ContentHeader>,
    }

    pub mod header {
        use super::*;

        #[derive(Clone, PartialEq, prost::Oneof)]
        pub enum ContentHeader {
            #[prost(message, tag = "7")]
            TextHeader(TextHeader),
            #[prost(message, tag = "8")]
            ByteHeader(ByteHeader),
        }
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Chunk {
        #[prost(string, required, tag = "1")]
        pub stream_id: String,
        #[prost(uint64, required, tag = "2")]
        pub chunk_index: u64,
        #[prost(bytes = "vec", required, tag = "3")]
        pub content: Vec<u8>,
        #[prost(int32, optional, tag = "4")]
        pub version: Option<i32>,
        #[prost(bytes = "vec", optional, tag = "5")]
        pub iv: Option<Vec<u8>>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Trailer {
        #[prost(string, required, tag = "1")]
        pub stream_id: String,
        #[prost(string, required, tag = "2")]
        pub reason: String,
        #[prost(map = "string, string", tag = "3")]
        pub attributes: HashMap<String, String>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum OperationType {
        Create = 0,
        Update = 1,
        Delete = 2,
        Reaction = 3,
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataStreamHeaderReceived {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, required, tag = "2")]
    pub header: data_stream::Header,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataStreamChunkReceived {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, required, tag = "2")]
    pub chunk: data_stream::Chunk,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataStreamTrailerReceived {
    #[prost(string, required, tag = "1")]
    pub participant_identity: String,
    #[prost(message, required, tag = "2")]
    pub trailer: data_stream::Trailer,
}
