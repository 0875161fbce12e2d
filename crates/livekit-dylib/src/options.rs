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
    /// Name of the codec in lower case, such as `vp8`.
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

/// Limits of a video encoder.
#[derive(Debug, Clone)]
pub struct VideoEncoding {
    /// Maximum bitrate in bits per second.
    pub max_bitrate: u64,
    /// Maximum frame rate in frames per second.
    pub max_framerate: f64,
}

/// A video resolution and its encoding.
#[derive(Debug, Clone)]
pub struct VideoPreset {
    /// Limits of the encoder.
    pub encoding: VideoEncoding,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl VideoPreset {
    /// Creates a preset from a resolution in pixels, a bitrate in bits per second and a frame rate.
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

/// Limits of an audio encoder.
#[derive(Debug, Clone)]
pub struct AudioEncoding {
    /// Maximum bitrate in bits per second.
    pub max_bitrate: u64,
}

/// An audio encoding for a use case.
#[derive(Debug, Clone)]
pub struct AudioPreset {
    /// Limits of the encoder.
    pub encoding: AudioEncoding,
}

impl AudioPreset {
    /// Creates a preset from a bitrate in bits per second.
    pub const fn new(max_bitrate: u64) -> Self {
        Self {
            encoding: AudioEncoding { max_bitrate },
        }
    }
}

/// Metadata attached to each video frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameMetadataFeatures {
    /// Application-defined timestamp.
    pub user_timestamp: bool,
    /// Frame number.
    pub frame_id: bool,
    /// Application-defined bytes.
    pub user_data: bool,
}

/// Options for publishing a track. The video options have no effect in this crate.
#[derive(Clone, Debug)]
pub struct TrackPublishOptions {
    /// Limits of the video encoder.
    pub video_encoding: Option<VideoEncoding>,
    /// Limits of the audio encoder; `None` leaves the choice to the engine.
    pub audio_encoding: Option<AudioEncoding>,
    /// Video codec.
    pub video_codec: VideoCodec,
    /// Enables discontinuous transmission (DTX): almost no data is sent during silence.
    pub dtx: bool,
    /// Enables redundant audio encoding (RED), which tolerates packet loss.
    pub red: bool,
    /// Publishes video in several layers.
    pub simulcast: bool,
    /// Simulcast layers.
    pub simulcast_layers: Option<Vec<VideoPreset>>,
    /// Source of the track, such as a microphone.
    pub source: TrackSource,
    /// Name of the stream. Tracks with the same stream name are synchronized.
    pub stream: String,
    /// Announces that audio recorded before the connection follows as a byte stream.
    pub preconnect_buffer: bool,
    /// Metadata attached to each video frame.
    pub frame_metadata_features: FrameMetadataFeatures,
    /// Preferred video encoder.
    pub video_encoder: VideoEncoderBackend,
    /// Layers of a scalable video codec, such as `L3T3_KEY`.
    pub scalability_mode: Option<String>,
    /// What the video encoder reduces first when bandwidth is short.
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
    /// All presets, by ascending bitrate.
    pub const PRESETS: &[AudioPreset] = &[
        TELEPHONE,
        SPEECH,
        MUSIC,
        MUSIC_STEREO,
        MUSIC_HIGH_QUALITY,
        MUSIC_HIGH_QUALITY_STEREO,
    ];
}
