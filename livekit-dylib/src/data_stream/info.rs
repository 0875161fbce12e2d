//! What is known of a stream before its content.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use livekit_common::EncryptionType;
use livekit_data_stream::api::OperationType;
use parking_lot::RwLock;

use crate::engine::encryption_type;
use crate::proto;
use crate::proto::text_stream_info::OperationType as ProtoOperation;

/// Attributes that grow when the end of the stream brings more.
pub(super) type Attributes = Arc<RwLock<HashMap<String, String>>>;

/// What is known of a text stream.
#[derive(Clone, Debug)]
pub struct TextStreamInfo {
    /// Its identifier.
    pub id: String,
    /// What it is about; chooses who handles it.
    pub topic: String,
    /// When it was opened.
    pub timestamp: DateTime<Utc>,
    /// The length in bytes, when the sender knew it.
    pub total_length: Option<u64>,
    /// The MIME type of the text.
    pub mime_type: String,
    /// What the text does to an earlier one.
    pub operation_type: OperationType,
    /// Orders updates of the same text.
    pub version: i32,
    /// The stream this one answers.
    pub reply_to_stream_id: Option<String>,
    /// Streams that belong to this one.
    pub attached_stream_ids: Vec<String>,
    /// Whether a machine wrote the text.
    pub generated: bool,
    /// How it was encrypted on its way.
    pub encryption_type: EncryptionType,
    pub(super) attributes: Attributes,
}

impl TextStreamInfo {
    /// The program's own values, as of now; the end of the stream may add some.
    pub fn attributes(&self) -> HashMap<String, String> {
        self.attributes.read().clone()
    }
}

/// What is known of a byte stream.
#[derive(Clone, Debug)]
pub struct ByteStreamInfo {
    /// Its identifier.
    pub id: String,
    /// What it is about; chooses who handles it.
    pub topic: String,
    /// When it was opened.
    pub timestamp: DateTime<Utc>,
    /// The length in bytes, when the sender knew it.
    pub total_length: Option<u64>,
    /// The MIME type of the content.
    pub mime_type: String,
    /// The file name the sender gives it; not to be trusted as a path.
    pub name: String,
    /// How it was encrypted on its way.
    pub encryption_type: EncryptionType,
    pub(super) attributes: Attributes,
}

impl ByteStreamInfo {
    /// The program's own values, as of now; the end of the stream may add some.
    pub fn attributes(&self) -> HashMap<String, String> {
        self.attributes.read().clone()
    }
}

impl From<proto::TextStreamInfo> for TextStreamInfo {
    fn from(info: proto::TextStreamInfo) -> Self {
        Self {
            operation_type: operation_type(info.operation_type()),
            encryption_type: encryption_type(info.encryption_type()),
            id: info.stream_id,
            topic: info.topic,
            timestamp: timestamp(info.timestamp),
            total_length: info.total_length,
            mime_type: info.mime_type,
            version: info.version.unwrap_or_default(),
            reply_to_stream_id: info.reply_to_stream_id,
            attached_stream_ids: info.attached_stream_ids,
            generated: info.generated.unwrap_or_default(),
            attributes: Arc::new(RwLock::new(info.attributes)),
        }
    }
}

impl From<proto::ByteStreamInfo> for ByteStreamInfo {
    fn from(info: proto::ByteStreamInfo) -> Self {
        Self {
            encryption_type: encryption_type(info.encryption_type()),
            id: info.stream_id,
            topic: info.topic,
            timestamp: timestamp(info.timestamp),
            total_length: info.total_length,
            mime_type: info.mime_type,
            name: info.name,
            attributes: Arc::new(RwLock::new(info.attributes)),
        }
    }
}

/// Milliseconds since 1970; a time no calendar has becomes now, as in the official crate.
fn timestamp(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_else(Utc::now)
}

fn operation_type(kind: ProtoOperation) -> OperationType {
    match kind {
        ProtoOperation::Create => OperationType::Create,
        ProtoOperation::Update => OperationType::Update,
        ProtoOperation::Delete => OperationType::Delete,
        ProtoOperation::Reaction => OperationType::Reaction,
    }
}
