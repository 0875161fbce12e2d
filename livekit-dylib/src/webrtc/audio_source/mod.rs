//! Where the audio of a local track comes from.

pub mod native;

/// The rate a device source works at, in hertz.
pub const DEFAULT_SAMPLE_RATE: u32 = 48000;
/// The channels of a device source.
pub const DEFAULT_NUM_CHANNELS: u32 = 1;

/// What the engine does to captured audio; all off by default.
#[derive(Default, Debug)]
pub struct AudioSourceOptions {
    /// Takes the played audio out of the captured one.
    pub echo_cancellation: bool,
    /// Takes noise out.
    pub noise_suppression: bool,
    /// Evens the loudness out.
    pub auto_gain_control: bool,
}

/// A source of audio.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcAudioSource {
    /// Frames pushed by the program.
    Native(native::NativeAudioSource),
}

impl RtcAudioSource {
    /// What the engine does to the audio from now on.
    pub fn set_audio_options(&self, options: AudioSourceOptions) {
        let Self::Native(source) = self;
        source.set_audio_options(options);
    }

    /// What the engine does to the audio.
    pub fn audio_options(&self) -> AudioSourceOptions {
        let Self::Native(source) = self;
        source.audio_options()
    }

    /// In hertz.
    pub fn sample_rate(&self) -> u32 {
        let Self::Native(source) = self;
        source.sample_rate()
    }

    /// 1 or 2.
    pub fn num_channels(&self) -> u32 {
        let Self::Native(source) = self;
        source.num_channels()
    }
}
