//! How streams are sent.
//!
//! Fields and setters are the official ones. They are spelled out here because the official callback takes a progress
//! nobody outside its crate can make.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use livekit_common::ParticipantIdentity;
use livekit_data_stream::api::OperationType;

use super::progress::StreamProgress;
use crate::proto::{self, text_stream_info};

/// Called with the progress of a send; it should return quickly. Clones are equal, and nothing else is.
#[derive(Clone)]
pub struct StreamProgressCallback(Arc<dyn Fn(StreamProgress) + Send + Sync>);

impl StreamProgressCallback {
    /// Wraps what is to be called.
    pub fn new(callback: impl Fn(StreamProgress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }

    /// Calls it.
    pub fn call(&self, progress: StreamProgress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for StreamProgressCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamProgressCallback")
    }
}

impl PartialEq for StreamProgressCallback {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for StreamProgressCallback {}

/// One field: its doc, its type, what a program passes for it and how that is stored. Fields of a theme come together.
macro_rules! options {
    ($(#[$doc:meta])* $name:ident { $($theme:ident)* }) => {
        options!(@fields [$(#[$doc])* $name] {} {$($theme)*});
        impl $name {
            $(options!(@setters $theme);)*
        }
    };
    (@fields $head:tt {$($done:tt)*} {text $($rest:ident)*}) => {
        options!(@fields $head {
            $($done)*
            /// What the text does to an earlier one.
            operation_type: Option<OperationType>,
            /// Orders updates of the same text.
            version: Option<i32>,
            /// The stream this one answers.
            reply_to_stream_id: Option<String>,
            /// Streams that belong to this one.
            attached_stream_ids: Vec<String>,
            /// Whether a machine wrote the text.
            generated: Option<bool>,
        } {$($rest)*});
    };
    (@fields $head:tt {$($done:tt)*} {bytes $($rest:ident)*}) => {
        options!(@fields $head {
            $($done)*
            /// The MIME type of the content.
            mime_type: Option<String>,
            /// The file name the receiver sees.
            name: Option<String>,
        } {$($rest)*});
    };
    (@fields $head:tt {$($done:tt)*} {send $($rest:ident)*}) => {
        options!(@fields $head {
            $($done)*
            /// Whether to compress when all receivers can read it; they do when this is not set.
            compress: Option<bool>,
            /// Called once, when everything was sent.
            on_progress: Option<StreamProgressCallback>,
        } {$($rest)*});
    };
    (@fields $head:tt {$($done:tt)*} {stream $($rest:ident)*}) => {
        options!(@fields $head {
            $($done)*
            /// The length in bytes, if known. The native core announces that of byte streams only.
            total_length: Option<u64>,
        } {$($rest)*});
    };
    (@fields [$(#[$doc:meta])* $name:ident] {$($(#[$field_doc:meta])* $field:ident: $type:ty,)*} {}) => {
        $(#[$doc])*
        #[non_exhaustive]
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name {
            /// What it is about; chooses who handles it.
            pub topic: String,
            /// The program's own values.
            pub attributes: HashMap<String, String>,
            /// Who receives it; nobody means everybody.
            pub destination_identities: Vec<ParticipantIdentity>,
            /// The identifier; a new one when not set.
            pub id: Option<String>,
            /// Whom it appears to come from. Others than oneself need a permission, which agents have.
            pub sender_identity: Option<ParticipantIdentity>,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// A stream about this topic; the other options have setters.
            pub fn new_with_topic(topic: impl Into<String>) -> Self {
                Self {
                    topic: topic.into(),
                    attributes: HashMap::new(),
                    destination_identities: Vec::new(),
                    id: None,
                    sender_identity: None,
                    $($field: Default::default(),)*
                }
            }

            /// Sets what it is about.
            pub fn with_topic(mut self, topic: impl Into<String>) -> Self {
                self.topic = topic.into();
                self
            }

            /// Sets the program's own values.
            pub fn with_attributes(mut self, attributes: HashMap<String, String>) -> Self {
                self.attributes = attributes;
                self
            }

            /// Sets one of the program's own values.
            pub fn with_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.attributes.insert(key.into(), value.into());
                self
            }

            /// Sets who receives it; nobody means everybody.
            pub fn with_destination_identities(mut self, identities: Vec<ParticipantIdentity>) -> Self {
                self.destination_identities = identities;
                self
            }

            /// Adds one who receives it.
            pub fn with_destination_identity(mut self, identity: impl Into<ParticipantIdentity>) -> Self {
                self.destination_identities.push(identity.into());
                self
            }

            /// Sets the identifier.
            pub fn with_id(mut self, id: impl Into<String>) -> Self {
                self.id = Some(id.into());
                self
            }

            /// Sets whom it appears to come from.
            pub fn with_sender_identity(mut self, identity: impl Into<ParticipantIdentity>) -> Self {
                self.sender_identity = Some(identity.into());
                self
            }
        }
    };
    (@setters text) => {
        /// Sets what the text does to an earlier one.
        pub fn with_operation_type(mut self, operation_type: OperationType) -> Self {
            self.operation_type = Some(operation_type);
            self
        }

        /// Sets the version, which orders updates of the same text.
        pub fn with_version(mut self, version: i32) -> Self {
            self.version = Some(version);
            self
        }

        /// Sets the stream this one answers.
        pub fn with_reply_to_stream_id(mut self, id: impl Into<String>) -> Self {
            self.reply_to_stream_id = Some(id.into());
            self
        }

        /// Sets the streams that belong to this one.
        pub fn with_attached_stream_ids(mut self, ids: Vec<String>) -> Self {
            self.attached_stream_ids = ids;
            self
        }

        /// Adds a stream that belongs to this one.
        pub fn with_attached_stream_id(mut self, id: impl Into<String>) -> Self {
            self.attached_stream_ids.push(id.into());
            self
        }

        /// Sets whether a machine wrote the text.
        pub fn with_generated(mut self, generated: bool) -> Self {
            self.generated = Some(generated);
            self
        }
    };
    (@setters bytes) => {
        /// Sets the MIME type of the content.
        pub fn with_mime_type(mut self, mime_type: impl Into<String>) -> Self {
            self.mime_type = Some(mime_type.into());
            self
        }

        /// Sets the file name the receiver sees.
        pub fn with_name(mut self, name: impl Into<String>) -> Self {
            self.name = Some(name.into());
            self
        }
    };
    (@setters send) => {
        /// Sets whether to compress when all receivers can read it.
        pub fn with_compress(mut self, compress: bool) -> Self {
            self.compress = Some(compress);
            self
        }

        /// Sets what is called when everything was sent.
        pub fn with_on_progress(mut self, callback: impl Fn(StreamProgress) + Send + Sync + 'static) -> Self {
            self.on_progress = Some(StreamProgressCallback::new(callback));
            self
        }
    };
    (@setters stream) => {
        /// Sets the length in bytes.
        pub fn with_total_length(mut self, total_length: u64) -> Self {
            self.total_length = Some(total_length);
            self
        }
    };
}

options! {
    /// How a text is sent in one go.
    SendTextOptions { text send }
}

options! {
    /// How bytes or a file are sent in one go.
    SendByteOptions { bytes send }
}

options! {
    /// How a text stream is opened.
    StreamTextOptions { text stream }
}

options! {
    /// How a byte stream is opened.
    StreamByteOptions { bytes stream }
}

impl From<SendTextOptions> for proto::StreamTextOptions {
    fn from(options: SendTextOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            destination_identities: names(options.destination_identities),
            id: options.id,
            operation_type: options.operation_type.map(operation_type),
            version: options.version,
            reply_to_stream_id: options.reply_to_stream_id,
            attached_stream_ids: options.attached_stream_ids,
            generated: options.generated,
            compress: options.compress,
            sender_identity: options.sender_identity.map(Into::into),
        }
    }
}

impl From<StreamTextOptions> for proto::StreamTextOptions {
    fn from(options: StreamTextOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            destination_identities: names(options.destination_identities),
            id: options.id,
            operation_type: options.operation_type.map(operation_type),
            version: options.version,
            reply_to_stream_id: options.reply_to_stream_id,
            attached_stream_ids: options.attached_stream_ids,
            generated: options.generated,
            compress: None,
            sender_identity: options.sender_identity.map(Into::into),
        }
    }
}

impl From<SendByteOptions> for proto::StreamByteOptions {
    fn from(options: SendByteOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            destination_identities: names(options.destination_identities),
            id: options.id,
            name: options.name,
            mime_type: options.mime_type,
            total_length: None,
            compress: options.compress,
            sender_identity: options.sender_identity.map(Into::into),
        }
    }
}

impl From<StreamByteOptions> for proto::StreamByteOptions {
    fn from(options: StreamByteOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            destination_identities: names(options.destination_identities),
            id: options.id,
            name: options.name,
            mime_type: options.mime_type,
            total_length: options.total_length,
            compress: None,
            sender_identity: options.sender_identity.map(Into::into),
        }
    }
}

fn names(identities: Vec<ParticipantIdentity>) -> Vec<String> {
    identities.into_iter().map(Into::into).collect()
}

fn operation_type(kind: OperationType) -> i32 {
    let kind = match kind {
        OperationType::Create => text_stream_info::OperationType::Create,
        OperationType::Update => text_stream_info::OperationType::Update,
        OperationType::Delete => text_stream_info::OperationType::Delete,
        OperationType::Reaction => text_stream_info::OperationType::Reaction,
    };
    kind.into()
}
