//! Stream headers: what is known about a stream before its content.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::proto;

/// Attributes of a stream; the end of the stream can add more.
pub(super) type Attributes = Arc<RwLock<HashMap<String, String>>>;

/// Header of a text stream.
#[derive(Clone, Debug)]
pub struct TextStreamInfo {
    /// Identifier of the stream.
    pub id: String,
    /// Topic, which selects the handler of the stream.
    pub topic: String,
    pub(super) attributes: Attributes,
}

impl TextStreamInfo {
    /// Application-defined attributes; the end of the stream can add more.
    pub fn attributes(&self) -> HashMap<String, String> {
        self.attributes.read().clone()
    }
}

/// Header of a byte stream.
#[derive(Clone, Debug)]
pub struct ByteStreamInfo {
    /// Identifier of the stream.
    pub id: String,
    /// Topic, which selects the handler of the stream.
    pub topic: String,
    /// MIME type of the content.
    pub mime_type: String,
    pub(super) attributes: Attributes,
}

impl ByteStreamInfo {
    /// Application-defined attributes; the end of the stream can add more.
    pub fn attributes(&self) -> HashMap<String, String> {
        self.attributes.read().clone()
    }
}

impl From<proto::TextStreamInfo> for TextStreamInfo {
    fn from(info: proto::TextStreamInfo) -> Self {
        Self {
            id: info.stream_id,
            topic: info.topic,
            attributes: Arc::new(RwLock::new(info.attributes)),
        }
    }
}

impl From<proto::ByteStreamInfo> for ByteStreamInfo {
    fn from(info: proto::ByteStreamInfo) -> Self {
        Self {
            id: info.stream_id,
            topic: info.topic,
            mime_type: info.mime_type,
            attributes: Arc::new(RwLock::new(info.attributes)),
        }
    }
}
