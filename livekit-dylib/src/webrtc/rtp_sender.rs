//! How a track is encoded.

/// The video encoder to prefer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoEncoderBackend {
    /// The engine chooses.
    #[default]
    Auto,
    /// In software.
    Software,
    /// Any in hardware.
    Hardware,
    /// NVIDIA.
    Nvenc,
    /// VAAPI.
    Vaapi,
    /// Apple.
    VideoToolbox,
    /// Frames come encoded.
    PreEncoded,
}
