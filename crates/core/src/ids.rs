//! Newtypes for identifiers, so that one kind cannot be passed for another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as sent over the network.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id.into())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

id! {
    /// Identity of a LiveKit participant, unique in its room.
    Identity,
    /// ID of a voice session, `sess_…`; opaque.
    SessionId,
    /// ID of a reply of the agent, `resp_…`; opaque.
    ReplyId,
    /// ID of an item in the voice session's transcript, `msg_…`; opaque.
    ItemId,
    /// ID of a tool call; opaque.
    ToolCallId,
    /// ID of a LiveKit job, `AJ_…`; opaque.
    JobId,
}
