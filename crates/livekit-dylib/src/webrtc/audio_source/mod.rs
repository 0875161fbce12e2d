//! Audio sources of local tracks.

pub mod native;

/// Sample rate of a device source in hertz.
pub const DEFAULT_SAMPLE_RATE: u32 = 48000;
/// Number of channels of a device source.
pub const DEFAULT_NUM_CHANNELS: u32 = 1;

/// Processing of captured audio; all disabled by default.
#[derive(Default, Debug)]
pub struct AudioSourceOptions {
    /// Enables acoustic echo cancellation.
    pub echo_cancellation: bool,
    /// Enables noise suppression.
    pub noise_suppression: bool,
    /// Enables automatic gain control.
    pub auto_gain_control: bool,
}

/// An audio source.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcAudioSource {
    /// A source into which the application pushes frames.
    Native(native::NativeAudioSource),
}

impl RtcAudioSource {
    /// Sets the audio processing options; see
    /// [`NativeAudioSource::set_audio_options`](native::NativeAudioSource::set_audio_options).
    pub fn set_audio_options(&self, options: AudioSourceOptions) {
        let Self::Native(source) = self;
        source.set_audio_options(options);
    }

    /// Returns the audio processing options that were set last.
    pub fn audio_options(&self) -> AudioSourceOptions {
        let Self::Native(source) = self;
        source.audio_options()
    }

    /// Sample rate in hertz.
    pub fn sample_rate(&self) -> u32 {
        let Self::Native(source) = self;
        source.sample_rate()
    }

    /// Number of channels, 1 or 2.
    pub fn num_channels(&self) -> u32 {
        let Self::Native(source) = self;
        source.num_channels()
    }
}
