//! Identifiers assigned by the server.

use std::fmt;

pub use livekit_common::ParticipantIdentity;

/// Start of every track identifier.
const TRACK_PREFIX: &str = "TR_";

/// Identifier of a published track, `TR_…`.
#[derive(Clone, Debug, Eq, Hash, PartialEq, PartialOrd, Ord)]
pub struct TrackSid(pub(crate) String);

impl fmt::Display for TrackSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TrackSid {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.starts_with(TRACK_PREFIX) {
            Ok(Self(text))
        } else {
            Err(text)
        }
    }
}
