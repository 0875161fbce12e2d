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

            /// Whether the track is simulcast.
            pub fn simulcasted(&self) -> bool {
                self.inner.info.read().simulcasted
            }

            /// Resolution of a video track in pixels.
            pub fn dimension(&self) -> TrackDimension {
                self.inner.info.read().dimension
            }

            /// MIME type of the codec.
            pub fn mime_type(&self) -> String {
                self.inner.info.read().mime_type.clone()
            }

            /// End-to-end encryption of the track's media.
            pub fn encryption_type(&self) -> EncryptionType {
                self.inner.info.read().encryption_type
            }

            /// Features of an audio track, such as noise suppression.
            pub fn audio_features(&self) -> Vec<AudioTrackFeature> {
                self.inner.info.read().audio_features.clone()
            }

            /// Metadata attached to each frame.
            pub fn frame_metadata_features(&self) -> Vec<PacketTrailerFeature> {
                self.inner.info.read().frame_metadata_features.clone()
            }
        }
    };
}
pub(super) use publication;
