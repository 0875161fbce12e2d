//! What both kinds of publications are made of.

/// The methods both kinds share; `$self.info` is a lock around `PublicationInfo`.
macro_rules! publication {
    ($name:ident) => {
        impl $name {
            /// The identifier the server gave it.
            pub fn sid(&self) -> TrackSid {
                self.inner.info.read().sid.clone()
            }

            /// The publisher's name for it.
            pub fn name(&self) -> String {
                self.inner.info.read().name.clone()
            }

            /// Sound or pictures.
            pub fn kind(&self) -> TrackKind {
                self.inner.info.read().kind
            }

            /// What it shows or lets hear.
            pub fn source(&self) -> TrackSource {
                self.inner.info.read().source
            }

            /// Whether there are several layers.
            pub fn simulcasted(&self) -> bool {
                self.inner.info.read().simulcasted
            }

            /// The size of the pictures.
            pub fn dimension(&self) -> TrackDimension {
                self.inner.info.read().dimension
            }

            /// The codec.
            pub fn mime_type(&self) -> String {
                self.inner.info.read().mime_type.clone()
            }

            /// How its media is encrypted end to end.
            pub fn encryption_type(&self) -> EncryptionType {
                self.inner.info.read().encryption_type
            }

            /// What its sound was put through.
            pub fn audio_features(&self) -> Vec<AudioTrackFeature> {
                self.inner.info.read().audio_features.clone()
            }

            /// What comes with each frame.
            pub fn frame_metadata_features(&self) -> Vec<PacketTrailerFeature> {
                self.inner.info.read().frame_metadata_features.clone()
            }
        }
    };
}
pub(super) use publication;
