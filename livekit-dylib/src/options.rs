//! How a track is published.

use crate::track::TrackSource;
pub use crate::webrtc::rtp_parameters::DegradationPreference;
pub use crate::webrtc::rtp_sender::VideoEncoderBackend;

/// A video codec.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum VideoCodec {
    /// VP8.
    VP8,
    /// H.264.
    H264,
    /// VP9.
    VP9,
    /// AV1.
    AV1,
    /// H.265.
    H265,
}

impl VideoCodec {
    /// Its name in lower case.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::VP8 => "vp8",
            Self::H264 => "h264",
            Self::VP9 => "vp9",
            Self::AV1 => "av1",
            Self::H265 => "h265",
        }
    }
}

/// The limits of a video encoder.
#[derive(Debug, Clone)]
pub struct VideoEncoding {
    /// In bits a second.
    pub max_bitrate: u64,
    /// In frames a second.
    pub max_framerate: f64,
}

/// A size of pictures and how they are encoded.
#[derive(Debug, Clone)]
pub struct VideoPreset {
    /// The limits of the encoder.
    pub encoding: VideoEncoding,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl VideoPreset {
    /// A preset of a size, a bitrate and a frame rate.
    pub const fn new(width: u32, height: u32, max_bitrate: u64, max_framerate: f64) -> Self {
        Self {
            width,
            height,
            encoding: VideoEncoding {
                max_bitrate,
                max_framerate,
            },
        }
    }
}

/// The limits of an audio encoder.
#[derive(Debug, Clone)]
pub struct AudioEncoding {
    /// In bits a second.
    pub max_bitrate: u64,
}

/// A use of audio and how it is encoded.
#[derive(Debug, Clone)]
pub struct AudioPreset {
    /// The limits of the encoder.
    pub encoding: AudioEncoding,
}

impl AudioPreset {
    /// A preset of a bitrate.
    pub const fn new(max_bitrate: u64) -> Self {
        Self {
            encoding: AudioEncoding { max_bitrate },
        }
    }
}

/// What comes with each video frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameMetadataFeatures {
    /// A time stamp of the program's.
    pub user_timestamp: bool,
    /// A number.
    pub frame_id: bool,
    /// Bytes of the program's.
    pub user_data: bool,
}

/// How a track is published. What is about video has no effect in this crate.
#[derive(Clone, Debug)]
pub struct TrackPublishOptions {
    /// The limits of the video encoder.
    pub video_encoding: Option<VideoEncoding>,
    /// The limits of the audio encoder; chosen by the engine when not given.
    pub audio_encoding: Option<AudioEncoding>,
    /// The video codec.
    pub video_codec: VideoCodec,
    /// Sends next to nothing during silence.
    pub dtx: bool,
    /// Sends audio twice, against loss.
    pub red: bool,
    /// Sends video in several layers.
    pub simulcast: bool,
    /// The layers.
    pub simulcast_layers: Option<Vec<VideoPreset>>,
    /// What the track lets hear or shows.
    pub source: TrackSource,
    /// Tracks of one stream are played in step.
    pub stream: String,
    /// Says that audio from before the connection will follow as a byte stream.
    pub preconnect_buffer: bool,
    /// What comes with each video frame.
    pub frame_metadata_features: FrameMetadataFeatures,
    /// The video encoder to prefer.
    pub video_encoder: VideoEncoderBackend,
    /// The layers of a scalable video codec, such as `L3T3_KEY`.
    pub scalability_mode: Option<String>,
    /// What a video encoder gives up first.
    pub degradation_preference: Option<DegradationPreference>,
}

impl Default for TrackPublishOptions {
    fn default() -> Self {
        Self {
            video_encoding: None,
            audio_encoding: None,
            video_codec: VideoCodec::VP8,
            dtx: true,
            red: true,
            simulcast: true,
            simulcast_layers: None,
            source: TrackSource::Unknown,
            stream: String::new(),
            preconnect_buffer: false,
            frame_metadata_features: FrameMetadataFeatures::default(),
            video_encoder: VideoEncoderBackend::Auto,
            scalability_mode: None,
            degradation_preference: None,
        }
    }
}

/// Audio presets.
pub mod audio {
    use super::AudioPreset;

    /// 12 kbit/s.
    pub const TELEPHONE: AudioPreset = AudioPreset::new(12_000);
    /// 24 kbit/s.
    pub const SPEECH: AudioPreset = AudioPreset::new(24_000);
    /// 48 kbit/s.
    pub const MUSIC: AudioPreset = AudioPreset::new(48_000);
    /// 64 kbit/s.
    pub const MUSIC_STEREO: AudioPreset = AudioPreset::new(64_000);
    /// 96 kbit/s.
    pub const MUSIC_HIGH_QUALITY: AudioPreset = AudioPreset::new(96_000);
    /// 128 kbit/s.
    pub const MUSIC_HIGH_QUALITY_STEREO: AudioPreset = AudioPreset::new(128_000);
    /// All, by bitrate.
    pub const PRESETS: &[AudioPreset] = &[
        TELEPHONE,
        SPEECH,
        MUSIC,
        MUSIC_STEREO,
        MUSIC_HIGH_QUALITY,
        MUSIC_HIGH_QUALITY_STEREO,
    ];
}
