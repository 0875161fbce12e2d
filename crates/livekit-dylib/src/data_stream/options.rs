//! Options for sending data streams.

use std::collections::HashMap;

use livekit_common::ParticipantIdentity;

use crate::proto;

/// Options for sending a complete text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SendTextOptions {
    /// Topic, which selects the handler of the stream.
    pub topic: String,
    /// Application-defined attributes.
    pub attributes: HashMap<String, String>,
    /// Recipients; empty means all participants.
    pub destination_identities: Vec<ParticipantIdentity>,
    /// Identity that appears as the sender. Sending as another participant requires a permission,
    /// which agents have.
    pub sender_identity: Option<ParticipantIdentity>,
}

/// Options for sending complete bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SendByteOptions {
    /// Topic, which selects the handler of the stream.
    pub topic: String,
    /// Application-defined attributes.
    pub attributes: HashMap<String, String>,
    /// Recipients; empty means all participants.
    pub destination_identities: Vec<ParticipantIdentity>,
    /// MIME type of the content.
    pub mime_type: Option<String>,
    /// File name that the receiver sees.
    pub name: Option<String>,
}

/// Options for opening a text stream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct StreamTextOptions {
    /// Topic, which selects the handler of the stream.
    pub topic: String,
    /// Application-defined attributes.
    pub attributes: HashMap<String, String>,
}

/// Defines the constructor that all options share.
macro_rules! with_topic {
    ($($name:ident)+) => {
        $(impl $name {
            /// Creates options with a topic; all other options have their defaults.
            pub fn new_with_topic(topic: impl Into<String>) -> Self {
                Self {
                    topic: topic.into(),
                    ..Self::default()
                }
            }
        })+
    };
}

with_topic!(SendTextOptions SendByteOptions StreamTextOptions);

impl From<SendTextOptions> for proto::StreamTextOptions {
    fn from(options: SendTextOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            destination_identities: names(options.destination_identities),
            sender_identity: options.sender_identity.map(Into::into),
            ..Self::default()
        }
    }
}

impl From<SendByteOptions> for proto::StreamByteOptions {
    fn from(options: SendByteOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            destination_identities: names(options.destination_identities),
            name: options.name,
            mime_type: options.mime_type,
            ..Self::default()
        }
    }
}

impl From<StreamTextOptions> for proto::StreamTextOptions {
    fn from(options: StreamTextOptions) -> Self {
        Self {
            topic: options.topic,
            attributes: options.attributes,
            ..Self::default()
        }
    }
}

fn names(identities: Vec<ParticipantIdentity>) -> Vec<String> {
    identities.into_iter().map(Into::into).collect()
}
