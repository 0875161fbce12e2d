//! Data tracks, as far as a room announces them.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataTrackInfo {
    #[prost(string, required, tag = "1")]
    pub name: String,
    #[prost(string, required, tag = "2")]
    pub sid: String,
    #[prost(bool, required, tag = "3")]
    pub uses_e2ee: bool,
    #[prost(message, optional, tag = "4")]
    pub schema: Option<DataTrackSchemaId>,
    #[prost(message, optional, tag = "5")]
    pub frame_encoding: Option<DataTrackFrameEncoding>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OwnedRemoteDataTrack {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub info: DataTrackInfo,
    #[prost(string, required, tag = "3")]
    pub publisher_identity: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataTrackSchemaEncoding {
    #[prost(oneof = "data_track_schema_encoding::Encoding", tags = "1, 2")]
    pub encoding: Option<data_track_schema_encoding::Encoding>,
}

pub mod data_track_schema_encoding {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum WellKnownSchemaEncoding {
        Unspecified = 0,
        Protobuf = 1,
        Flatbuffer = 2,
        Ros1Msg = 3,
        Ros2Msg = 4,
        Ros2Idl = 5,
        OmgIdl = 6,
        JsonSchema = 7,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Encoding {
        #[prost(enumeration = "WellKnownSchemaEncoding", tag = "1")]
        WellKnown(i32),
        #[prost(string, tag = "2")]
        Custom(String),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataTrackFrameEncoding {
    #[prost(oneof = "data_track_frame_encoding::Encoding", tags = "1, 2")]
    pub encoding: Option<data_track_frame_encoding::Encoding>,
}

pub mod data_track_frame_encoding {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum WellKnownFrameEncoding {
        Unspecified = 0,
        Ros1 = 1,
        Cdr = 2,
        Protobuf = 3,
        Flatbuffer = 4,
        Cbor = 5,
        Msgpack = 6,
        Json = 7,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Encoding {
        #[prost(enumeration = "WellKnownFrameEncoding", tag = "1")]
        WellKnown(i32),
        #[prost(string, tag = "2")]
        Custom(String),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DataTrackSchemaId {
    #[prost(string, required, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub encoding: Option<DataTrackSchemaEncoding>,
}
