//! Native objects and buffers that have to be freed.

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct FfiOwnedHandle {
    #[prost(uint64, required, tag = "1")]
    pub id: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct BufferInfo {
    #[prost(uint64, required, tag = "1")]
    pub data_ptr: u64,
    #[prost(uint64, required, tag = "2")]
    pub data_len: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct OwnedBuffer {
    #[prost(message, required, tag = "1")]
    pub handle: FfiOwnedHandle,
    #[prost(message, required, tag = "2")]
    pub data: BufferInfo,
}
