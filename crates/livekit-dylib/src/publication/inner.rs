//! Code shared by local and remote publications.

/// Defines the shared methods; `self.inner.info` must be a lock around `PublicationInfo`.
macro_rules! publication {
    ($name:ident) => {
        impl $name {
            /// Identifier assigned by the server.
            pub fn sid(&self) -> TrackSid {
                self.inner.info.read().sid.clone()
            }

            /// Name of the track, chosen by the publisher.
            pub fn name(&self) -> String {
                self.inner.info.read().name.clone()
            }

            /// Kind of the track: audio or video.
            pub fn kind(&self) -> TrackKind {
                self.inner.info.read().kind
            }

            /// Source of the track, such as a microphone.
            pub fn source(&self) -> TrackSource {
                self.inner.info.read().source
            }
        }
    };
}
pub(super) use publication;
