//! The core itself: its shutdown, its log, its panics.

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DisposeRequest {
    #[prost(bool, required, tag = "1")]
    pub r#async: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DisposeResponse {
    #[prost(uint64, optional, tag = "1")]
    pub async_id: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct DisposeCallback {
    #[prost(uint64, required, tag = "1")]
    pub async_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LogRecord {
    #[prost(enumeration = "LogLevel", required, tag = "1")]
    pub level: i32,
    #[prost(string, required, tag = "2")]
    pub target: String,
    #[prost(string, optional, tag = "3")]
    pub module_path: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub file: Option<String>,
    #[prost(uint32, optional, tag = "5")]
    pub line: Option<u32>,
    #[prost(string, required, tag = "6")]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LogBatch {
    #[prost(message, repeated, tag = "1")]
    pub records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Panic {
    #[prost(string, required, tag = "1")]
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LogLevel {
    LogError = 0,
    LogWarn = 1,
    LogInfo = 2,
    LogDebug = 3,
    LogTrace = 4,
}
