//! Identifiers assigned by the server.

use std::fmt;

pub use livekit_common::ParticipantIdentity;

macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        pub struct $name(pub(crate) String);

        impl $name {
            /// The identifier as a string slice.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(sid: $name) -> Self {
                sid.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if text.starts_with($prefix) { Ok(Self(text)) } else { Err(text) }
            }
        }
    };
}

sid! {
    /// Identifier of a participant's session in a room, `PA_…`.
    #[derive(Clone, Debug, Eq, Hash, PartialEq, PartialOrd, Ord)]
    ParticipantSid, "PA_"
}
sid! {
    /// Identifier of a published track, `TR_…`.
    #[derive(Clone, Debug, Eq, Hash, PartialEq, PartialOrd, Ord)]
    TrackSid, "TR_"
}
sid! {
    /// Identifier of a room session, `RM_…`.
    #[derive(Clone, Default, Debug, Eq, Hash, PartialEq, PartialOrd, Ord)]
    RoomSid, "RM_"
}
