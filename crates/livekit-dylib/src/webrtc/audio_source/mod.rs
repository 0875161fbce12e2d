//! Audio sources of local tracks.

pub mod native;

/// Processing of captured audio: none.
#[derive(Default, Debug)]
#[non_exhaustive]
pub struct AudioSourceOptions {}

/// An audio source.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcAudioSource {
    /// A source into which the application pushes frames.
    Native(native::NativeAudioSource),
}
